//! Batches of records, and the inbox rows after them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, TextVersion};
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow, NamedUser, ReadCursor};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, SortTime};
use cruddur_messages::server::stream::change::{Change, SequenceNumber};
use cruddur_messages::server::stream::projection::BatchFailure;
use cruddur_messages::server::stream::{batch, projections};
use time::macros::datetime;
use uuid::Uuid;

use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::in_memory_dynamodb::{Fault, InMemoryDynamoDb, IndexView};

/// Returns the user with this handle, `ana` or `ben`.
pub(crate) fn user(name: &str) -> User {
    User {
        id: user::Id(Uuid::from_u128(name.bytes().fold(0, |sum, byte| sum * 256 + u128::from(byte)))),
        handle: Some(Handle::stored(name.to_owned())),
        display_name: DisplayName::stored(name.to_owned()),
    }
}

/// Returns a message of Ana's, `secs` seconds after the start of the conversation. Each conversation starts at a
/// different time.
pub(crate) fn message(conversation: conversation::Id, seq: u64, secs: i64) -> MessageRow {
    let began = datetime!(2026-11-21 9:26 UTC) + time::Duration::minutes(conversation.0.as_u128() as i64);
    let at = began + time::Duration::seconds(secs);
    MessageRow::new(
        conversation,
        SortTime::from(at),
        message::Id(Uuid::new_v4()),
        user("ana"),
        format!("message {seq} after {secs} s"),
        seq,
    )
}

/// Returns the read cursor of a message's sender, at the message: there is nothing left to advance.
fn read_by_sender(message: &MessageRow) -> Item {
    ReadCursor::new_item(message.author.id, message.conversation, message.seq, &message.at)
}

/// Returns both members' rows of a conversation whose newest message is `at`.
pub(crate) fn inbox_rows(at: &MessageRow) -> [Item; 2] {
    [("ana", "ben"), ("ben", "ana")].map(|(owner, peer)| {
        let row = InboxRow {
            owner: user(owner).id,
            at: at.at.clone(),
            conversation: at.conversation,
            named: NamedUser::Peer(user(peer)),
            body: at.body.clone(),
            version: TextVersion::default(),
            seq: at.seq,
            last_author: None,
            unreadable: Default::default(),
        };
        row.item()
    })
}

/// Returns the id of conversation number `number`.
pub(crate) fn conversation_id(number: u128) -> conversation::Id {
    conversation::Id(Uuid::from_u128(number))
}

/// Writes rows directly.
pub(crate) async fn put(table: &Table, rows: impl IntoIterator<Item = Item>) {
    for row in rows {
        table.client().put_item().table_name(TABLE).set_item(Some(row)).send().await.expect("put");
    }
}

/// Returns the texts of a conversation's inbox rows: Ana's and Ben's.
pub(crate) async fn inbox_texts(table: &Table, conversation: conversation::Id) -> Vec<String> {
    let scan = table.client().scan().table_name(TABLE).consistent_read(true).send().await.expect("a scan");
    let mut rows: Vec<_> = scan.items().iter().filter_map(InboxRow::from_item).collect();
    rows.retain(|row| row.conversation == conversation);
    rows.sort_by_key(|row| row.owner);
    rows.into_iter().map(|row| row.body).collect()
}

/// Applies changes as a server does that has this table.
async fn apply(table: &Table, changes: &[Change]) -> Result<(), BatchFailure> {
    batch::apply(&projections::all(table), changes).await
}

/// Returns the change that leaves `row`.
fn record(number: u32, row: Option<Item>) -> Change {
    Change::new(SequenceNumber(format!("{number}")), None, row)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_in_a_batch_moves_to_its_newest_message() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    for number in 1..=3 {
        put(&table, inbox_rows(&message(conversation_id(number), 1, 0))).await;
    }
    // The first record is the deletion of another row: the old app's function read no further.
    let mut records = vec![record(1, None)];
    for (number, (conversation, seq)) in
        [(1, 2), (2, 2), (1, 4), (3, 2), (1, 3), (2, 3), (1, 4)].into_iter().enumerate()
    {
        let row = message(conversation_id(conversation), seq, seq as i64).item();
        records.push(record(number as u32 + 2, Some(row)));
    }
    assert_eq!(apply(&table, &records).await, Ok(()));
    for (number, body) in [(1, "message 4 after 4 s"), (2, "message 3 after 3 s"), (3, "message 2 after 2 s")] {
        assert_eq!(inbox_texts(&table, conversation_id(number)).await, [body, body], "conversation {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_not_messages_are_skipped() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    let first = message(conversation_id(1), 1, 0);
    put(&table, inbox_rows(&first)).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let row = |pk: &str, sk: &str| HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))]);
    let [inbox, _] = inbox_rows(&message(conversation_id(1), 9, 9));
    let without_author = {
        let mut item = message(conversation_id(1), 9, 9).item();
        item.remove("user_uuid");
        item
    };
    let odd = [
        inbox,
        without_author,
        Key::Head(conversation_id(1)).item(),
        Key::Pair(user("ana").id, user("ben").id).item(),
        row("MSG#@bayko", "2026-11-21T09:26:28.207802"),
        row("PROFILE#1", "x"),
        HashMap::new(),
    ];
    let records: Vec<_> = odd.into_iter().enumerate().map(|(n, row)| record(n as u32, Some(row))).collect();
    assert_eq!(apply(&table, &records).await, Ok(()));
    assert_eq!(inbox_texts(&table, conversation_id(1)).await, [&*first.body, &*first.body]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_old_app_moves_the_rows_of_the_old_app() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    let old = |secs| {
        let mut message = message(conversation_id(1), 0, secs);
        message.at = SortTime::stored(&message.at.as_str().replace(".000000+00:00", "")).expect("a naive time");
        message
    };
    put(&table, inbox_rows(&old(0))).await;
    for (secs, newest) in [(2, 2), (1, 2), (3, 3), (2, 3)] {
        let mut row = old(secs).item();
        row.remove("seq");
        assert_eq!(apply(&table, &[record(1, Some(row))]).await, Ok(()));
        let body = old(newest).body;
        assert_eq!(inbox_texts(&table, conversation_id(1)).await, [&*body, &*body], "after that of {secs} s");
    }
}

#[tokio::test]
async fn a_failed_conversation_is_reported_and_does_not_hold_up_the_others() {
    let database = InMemoryDynamoDb::with_table().await;
    let connection = database.connection();
    let table = Table::new(connection.client(), TABLE);
    for number in 1..=3 {
        put(&table, inbox_rows(&message(conversation_id(number), 1, 0))).await;
        put(&table, [read_by_sender(&message(conversation_id(number), 2, 2))]).await;
    }
    let records: Vec<_> =
        (1..=3).map(|n| record(n + 98, Some(message(conversation_id(u128::from(n)), 2, 2).item()))).collect();
    // The response to the third write is lost: it moves one of the two rows of the second conversation.
    connection.configure(Fault::LosesAnswer(2), IndexView::Fresh);
    let failed = apply(&table, &records).await.expect_err("one has failed");
    assert_eq!(failed, BatchFailure { sequence_number: SequenceNumber("100".to_owned()), is_transient: true });
    connection.configure(Fault::None, IndexView::Fresh);
    assert_eq!(apply(&table, &records).await, Ok(()));
    connection.configure(Fault::DiesAfter(0), IndexView::Fresh);
    let failed = apply(&table, &[record(98, None), records[2].clone()]).await;
    assert_eq!(failed, Ok(()), "there is nothing left to write");
}

#[tokio::test]
async fn of_several_failed_records_the_lowest_number_is_reported() {
    let database = InMemoryDynamoDb::with_table().await;
    let connection = database.connection();
    let table = Table::new(connection.client(), TABLE);
    for number in 1..=3 {
        put(&table, inbox_rows(&message(conversation_id(number), 1, 0))).await;
    }
    let records = [(3, "200"), (1, "100"), (2, "99")].map(|(conversation, number)| {
        let row = message(conversation_id(conversation), 2, 2).item();
        Change::new(SequenceNumber(number.to_owned()), None, Some(row))
    });
    connection.configure(Fault::DiesAfter(0), IndexView::Fresh);
    let failed = apply(&table, &records).await.expect_err("all have failed");
    assert_eq!(failed.sequence_number.0, "99");
}
