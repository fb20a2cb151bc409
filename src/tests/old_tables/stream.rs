//! What adopting writes, as it reaches those who read the table's stream: they move no row wrongly, and make none.

use std::collections::HashSet;

use cruddur_messages::server::store::dynamodb::legacy::whole::{Purpose, adopt};
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::stream::batch::{self, Record, SequenceNumber};
use cruddur_messages::server::stream::reader::Reader;
use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use super::{Server, person, server, town};
use crate::support::dynamodb::DynamoDb;
use crate::support::old_app::{Clocks, Inbox, OldApp, SHAPE, Shape};
use crate::support::postgres::Database;
use crate::support::streams::client_of;
use crate::support::until::until;

/// The stream's records of these rows.
fn records(rows: &[Item]) -> Vec<Record> {
    let record = |(number, row): (usize, &Item)| Record {
        sequence_number: SequenceNumber(number.to_string()),
        row: Some(row.clone()),
    };
    rows.iter().enumerate().map(record).collect()
}

/// Asserts that each listed conversation has one row for each member, at its last message, and nothing else has any.
async fn assert_lists_are_right(server: &Server, app: &OldApp, seed: u64) {
    let listed = || app.talks.iter().filter(|talk| !talk.listed_by.is_empty());
    for talk in listed() {
        server.assert_rows_at(talk, &talk.messages.last().expect("a message").body, 0).await;
    }
    let rows = server.rows().await.iter().filter_map(InboxRow::read).count();
    assert_eq!(rows, 2 * listed().count(), "seed {seed}");
}

async fn others(server: &Server) -> Vec<Item> {
    server.rows().await.into_iter().filter(|row| InboxRow::read(row).is_none()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_adopting_wrote_may_come_late_repeatedly_and_in_any_order() {
    for seed in 1..=3 {
        let app = town(seed, Clocks::World);
        let (_dynamodb, server) = server(&app).await;
        let before = server.rows().await;
        adopt(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
        let new: Vec<_> = server.rows().await.into_iter().filter(|row| !before.contains(row)).collect();
        let kinds: HashSet<_> = new.iter().filter_map(Key::of).map(|key| std::mem::discriminant(&key)).collect();
        assert_eq!(kinds.len(), 5, "seed {seed}: messages, inbox rows, heads, pairs, and that it is done");
        assert!(new.iter().filter_map(MessageRow::read).all(|row| row.seq == 0));

        let (mut random, after) = (Rng::with_seed(seed), others(&server).await);
        let mut records = [records(&new), records(&new)].concat();
        random.shuffle(&mut records);
        while !records.is_empty() {
            let some = records.split_off(records.len().saturating_sub(random.usize(1..30)));
            batch::apply(&server.table, &some).await.expect("done");
        }
        assert_lists_are_right(&server, &app, seed).await;
        assert_eq!(others(&server).await, after, "seed {seed}: only inbox rows may move");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_adopting_wrote_moves_no_row_of_a_conversation_that_has_gone_on() {
    let mut app = OldApp::new(4);
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        app.talk(&person(0), &person(1), Shape { clocks: Clocks::World, inbox, ..SHAPE });
    }
    let (_dynamodb, server) = server(&app).await;
    let old = records(&server.rows().await);
    for talk in &app.talks {
        server.send(&person(1), talk.id, "we have gone on").await;
    }
    adopt(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
    let after = server.rows().await;
    let all = [old, records(&after)].concat();
    for record in &all {
        batch::apply(&server.table, std::slice::from_ref(record)).await.expect("done");
    }
    batch::apply(&server.table, &all).await.expect("done");
    assert_eq!(server.rows().await, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_read_the_stream_while_a_table_is_adopted() {
    for seed in 1..=2 {
        let mut app = town(seed, Clocks::World);
        let last = app.talk(&person(0), &person(5), Shape { messages: 3, ..SHAPE });
        let (dynamodb, server) = server(&app).await;
        let (database, closing) = (Database::fresh().await, CancellationToken::new());
        let _closed = closing.clone().drop_guard();
        let reader = Reader::new(server.table.clone(), stream_of(&dynamodb), database.pool.clone());
        tokio::spawn(reader.run(closing));
        adopt(&server.table, Purpose::Change, &|_| {}).await.expect("a report");

        // A message whose server died: once its rows have moved, everything before it has been read.
        let newest =
            server.stored_messages(last.id).await.into_iter().max_by_key(|row| row.at.at()).expect("a message");
        let newest = MessageRow { at: newest.at.next(super::NOW), body: "read".to_owned(), ..newest };
        let put = server.table.put_if_absent(newest.item()).expect("a part");
        assert!(server.table.transact(vec![put]).await.expect("an answer").is_ok());
        until("the stream is read", async || {
            let rows = server.inbox_rows(last.id).await;
            rows.values().flatten().all(|row| row.body == "read")
        })
        .await;
        app.talks.retain(|talk| talk.id != last.id);
        for talk in app.talks.iter().filter(|talk| !talk.listed_by.is_empty()) {
            server.assert_rows_at(talk, &talk.messages.last().expect("a message").body, 0).await;
        }
    }
}

fn stream_of(dynamodb: &DynamoDb) -> aws_sdk_dynamodbstreams::Client {
    client_of(dynamodb.endpoint())
}
