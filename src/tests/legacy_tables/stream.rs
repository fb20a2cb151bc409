//! Rows written by a migration, as they reach a reader of the table's stream: it creates no row and moves none wrongly.

use std::collections::HashSet;

use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::reader::Reader;
use cruddur_messages::server::stream::{batch, projections};
use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use super::fixtures::{Server, app_with_every_kind, person, server};
use crate::support::admin_code::legacy::migration::migrate;
use crate::support::admin_code::legacy::purpose::Purpose;
use crate::support::dynamodb::DynamoDb;
use crate::support::fake_streams::client_of;
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, SHAPE, Shape};
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// Returns the stream's records of these rows.
fn records(rows: &[Item]) -> Vec<Change> {
    let record =
        |(number, row): (usize, &Item)| Change::new(SequenceNumber(number.to_string()), None, Some(row.clone()));
    rows.iter().enumerate().map(record).collect()
}

/// Applies records as a server does that reads the stream.
async fn apply(server: &Server, records: &[Change]) {
    batch::apply(&projections::all(&server.table), records).await.expect("done");
}

/// Asserts that each listed conversation has one inbox row per member, at its last message, and that there are no
/// others.
async fn assert_inboxes_are_correct(server: &Server, app: &LegacyApp, seed: u64) {
    let listed = || app.conversations.iter().filter(|conversation| !conversation.listed_by.is_empty());
    for conversation in listed() {
        server.assert_rows_at(conversation, &conversation.messages.last().expect("a message").body, 0).await;
    }
    let rows = server.rows().await.iter().filter_map(InboxRow::from_item).count();
    assert_eq!(rows, 2 * listed().count(), "seed {seed}");
}

async fn rows_other_than_inbox_rows(server: &Server) -> Vec<Item> {
    server.rows().await.into_iter().filter(|row| InboxRow::from_item(row).is_none()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_migration_may_arrive_late_repeatedly_and_in_any_order() {
    for seed in 1..=3 {
        let app = app_with_every_kind(seed, Clocks::World);
        let (_dynamodb, server) = server(&app).await;
        let before = server.rows().await;
        migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
        let new: Vec<_> = server.rows().await.into_iter().filter(|row| !before.contains(row)).collect();
        let kinds: HashSet<_> = new.iter().filter_map(Key::of).map(|key| std::mem::discriminant(&key)).collect();
        assert_eq!(kinds.len(), 5, "seed {seed}: messages, inbox rows, heads, pairs, and the mark of a migrated table");
        assert!(new.iter().filter_map(MessageRow::from_item).all(|row| row.seq == 0));

        let (mut random, after) = (Rng::with_seed(seed), rows_other_than_inbox_rows(&server).await);
        let mut records = [records(&new), records(&new)].concat();
        random.shuffle(&mut records);
        while !records.is_empty() {
            let some = records.split_off(records.len().saturating_sub(random.usize(1..30)));
            apply(&server, &some).await;
        }
        assert_inboxes_are_correct(&server, &app, seed).await;
        assert_eq!(rows_other_than_inbox_rows(&server).await, after, "seed {seed}: only inbox rows may move");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_a_migration_move_no_row_of_a_conversation_with_new_messages() {
    let mut app = LegacyApp::new(4);
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        app.add_conversation(&person(0), &person(1), Shape { clocks: Clocks::World, inbox, ..SHAPE });
    }
    let (_dynamodb, server) = server(&app).await;
    let old = records(&server.rows().await);
    for conversation in &app.conversations {
        server.send(&person(1), conversation.id, "we have gone on").await;
    }
    migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");
    let after = server.rows().await;
    let all = [old, records(&after)].concat();
    for record in &all {
        apply(&server, std::slice::from_ref(record)).await;
    }
    apply(&server, &all).await;
    assert_eq!(server.rows().await, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_read_the_stream_during_a_migration() {
    for seed in 1..=2 {
        let mut app = app_with_every_kind(seed, Clocks::World);
        let last = app.add_conversation(&person(0), &person(5), Shape { messages: 3, ..SHAPE });
        let (dynamodb, server) = server(&app).await;
        let (database, closing) = (Database::fresh().await, CancellationToken::new());
        let _closed = closing.clone().drop_guard();
        let (streams, postgres) = (stream_of(&dynamodb), database.pool.clone());
        let reader = Reader::new(server.table.name(), streams, postgres, projections::all(&server.table));
        tokio::spawn(reader.run(closing));
        migrate(&server.table, Purpose::Change, &|_| {}).await.expect("a report");

        // A message whose server died before moving its rows: once the reader has moved them, it has read everything
        // before them.
        let newest =
            server.stored_messages(last.id).await.into_iter().max_by_key(|row| row.at.at()).expect("a message");
        let newest = MessageRow { at: newest.at.next(super::fixtures::NOW), body: "read".to_owned(), ..newest };
        let put = server.table.put_if_absent(newest.item()).expect("a part");
        assert!(server.table.transact(vec![put]).await.expect("a response").is_ok());
        wait_until("the stream is read", async || {
            let rows = server.inbox_rows(last.id).await;
            rows.values().flatten().all(|row| row.body == "read")
        })
        .await;
        app.conversations.retain(|conversation| conversation.id != last.id);
        for conversation in app.conversations.iter().filter(|conversation| !conversation.listed_by.is_empty()) {
            server.assert_rows_at(conversation, &conversation.messages.last().expect("a message").body, 0).await;
        }
    }
}

fn stream_of(dynamodb: &DynamoDb) -> aws_sdk_dynamodbstreams::Client {
    client_of(dynamodb.endpoint())
}
