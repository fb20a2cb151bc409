//! Tests of the updates that reads merge.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::domain::conversation::Members;
use crate::domain::{message, samples};
use crate::server::store::dynamodb::table::SortTime;

fn message(conversation: u128, seq: u64) -> MessageRow {
    let conversation = conversation::Id(Uuid::from_u128(conversation));
    let at = SortTime::from(datetime!(2026-11-21 09:00 UTC) + time::Duration::minutes(seq as i64));
    let (id, author) = (message::Id(Uuid::from_u128(u128::from(seq))), samples::user(2, "ben"));
    MessageRow::new(conversation, at, id, author, format!("message {seq}"), seq)
}

fn row(conversation: u128, seq: u64) -> InboxRow {
    InboxRow::new(samples::user(1, "ana").id, NamedUser::Peer(samples::user(2, "ben")), &message(conversation, seq))
}

/// Returns updates that have just carried out the one after a message. No test calls DynamoDB.
fn carried_out(newest: MessageRow) -> InboxUpdates {
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let updates = InboxUpdates::in_background(Table::new(Client::from_conf(config), "table"));
    let members = Members::new([1, 2].map(|n| samples::user(n, "").id)).expect("members");
    let update = Update::new(newest, Kind::Direct, members);
    assert!(updates.0.lock().pending.add(update.clone()));
    assert_eq!(updates.0.done(&update, Ok(())), None);
    assert_eq!(updates.0.lock().pending.len(), 0);
    updates
}

#[tokio::test]
async fn rows_that_were_read_just_before_their_update_was_carried_out_show_its_message() {
    let updates = carried_out(message(8, 6));
    let slice = Slice { rows: vec![row(7, 5), row(8, 3)], more: false };
    let merged = updates.merge(samples::user(1, "ana").id, slice, Some(20)).await.expect("rows");
    assert_eq!(merged.rows, [row(8, 6), row(7, 5)]);
    let older = Slice { rows: vec![row(7, 5), row(8, 3)], more: false };
    let older = updates.merge(samples::user(1, "ana").id, older, None).await.expect("rows");
    assert_eq!(older.rows, [row(7, 5)], "it is on the newest page by now");
    let mut cursor = ReadCursor::default();
    updates.merge_cursor(conversation::Id(Uuid::from_u128(8)), samples::user(2, "ben").id, &mut cursor);
    assert_eq!(cursor.receipts.read, 6);
}

#[tokio::test]
async fn a_conversation_further_down_than_a_full_page_is_not_looked_up() {
    let updates = carried_out(message(8, 3));
    let slice = Slice { rows: vec![row(7, 5), row(9, 4)], more: true };
    let merged = updates.merge(samples::user(1, "ana").id, slice, Some(2)).await.expect("rows");
    assert_eq!(merged.rows, [row(7, 5), row(9, 4)]);
}
