//! Sending: one transaction for the message, the marker that makes retries safe, and the head that orders the messages.
//! The first message also creates the conversation.

use anyhow::anyhow;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use time::Duration;

use crate::domain::conversation;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::{self, Body};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, Pair, ReadCursor, SendMarker};
use crate::server::store::dynamodb::table::{Item, Key, LAST_SK, SEQ};

/// Retention of a message id, and so the time in which a send can be repeated: long enough for a device that has been
/// offline for a month.
const MARKER_TTL: Duration = Duration::days(30);

/// Positions of the message and of its marker in both transactions.
const MESSAGE: usize = 0;
const MARKER: usize = 1;

/// Stores a message in an existing conversation. If an earlier call with this id stored a message, returns that one.
pub(super) async fn append(
    table: &Table,
    membership: &Membership,
    me: &User,
    id: message::Id,
    body: &Body,
) -> Result<MessageRow, Failure> {
    if me.id != membership.me() {
        return Err(AppError::Forbidden.into());
    }
    let conversation = membership.conversation();
    let mut head = membership.head().clone();
    let mut backoff = Backoff::default();
    loop {
        let row = MessageRow {
            conversation,
            at: head.last.next(table.now()),
            id,
            author: me.clone(),
            body: body.as_str().to_owned(),
            seq: head.seq + 1,
        };
        let parts = vec![put_message(table, &row)?, put_marker(table, &row)?, advance_head(table, &row, &head)?];
        let Err(cancelled) = table.transact(parts).await? else { return Ok(row) };
        if let Some(marker) = cancelled.existing_row(MARKER) {
            return stored_message(table, marker, row).await;
        }
        backoff.wait_with(table.clock(), "append a message").await?;
        head = read_head(table, conversation).await?.ok_or(AppError::NotFound)?;
        if cancelled.condition_failed(MESSAGE) && head.last.at() < row.at.at() {
            // A writer that updates no head, such as the old app, stored a message at this very time. Take the next
            // one.
            head.last = row.at;
        }
    }
}

/// Creates the conversation of the author of `first` with `other`. Returns `false` if the two already have one, if
/// another of their conversations has moved in the same microsecond, or if another transaction is writing the same
/// rows: the caller must look again.
pub(super) async fn start(table: &Table, first: &MessageRow, peer: &User) -> Result<bool, Failure> {
    let me = &first.author;
    let head = Head { members: [me.id, peer.id], seq: first.seq, last: first.at.clone() };
    let inbox_row = |owner: &User, peer: &User| InboxRow::new(owner.id, peer.clone(), first);
    let parts = vec![
        put_message(table, first)?,
        put_marker(table, first)?,
        table.put_if_absent(head.item(first.conversation))?,
        table.put_if_absent(Pair { conversation: first.conversation }.item(me.id, peer.id))?,
        table.put_if_absent(inbox_row(me, peer).item())?,
        table.put_if_absent(inbox_row(peer, me).item())?,
        // The author has read their own message.
        table.put_if_absent(ReadCursor::new_item(me.id, first.conversation, first.seq, &first.at))?,
    ];
    Ok(table.transact(parts).await?.is_ok())
}

/// Reads the current head of a conversation, strongly consistent.
pub(super) async fn read_head(table: &Table, conversation: conversation::Id) -> Result<Option<Head>, Failure> {
    Ok(table.get(&Key::Head(conversation)).await?.as_ref().and_then(Head::from_item))
}

fn put_message(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(row.item())
}

fn put_marker(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(SendMarker::item(row, (table.now() + MARKER_TTL).unix_timestamp()))
}

/// Part of a transaction: advances the head to `row`, if it is still the one that was read.
fn advance_head(table: &Table, row: &MessageRow, read: &Head) -> Result<TransactWriteItem, Failure> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(row.conversation).item()))
        .condition_expression(format!("{SEQ} = :read"))
        .update_expression(format!("SET {SEQ} = :seq, {LAST_SK} = :last"))
        .expression_attribute_values(":read", AttributeValue::N(read.seq.to_string()))
        .expression_attribute_values(":seq", AttributeValue::N(row.seq.to_string()))
        .expression_attribute_values(":last", AttributeValue::S(row.at.as_str().to_owned()));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

/// Returns the message that `marker` stands for, if it is the same as `wanted`.
async fn stored_message(table: &Table, marker: &Item, wanted: MessageRow) -> Result<MessageRow, Failure> {
    let marker = SendMarker::from_item(marker);
    let marker = marker.ok_or_else(|| anyhow!("the marker of message {} has no time", wanted.id))?;
    let stored = table.get(&Key::Message(wanted.conversation, marker.at)).await?;
    match stored.as_ref().and_then(MessageRow::from_item) {
        Some(stored) if stored.author.id == wanted.author.id && stored.body == wanted.body => Ok(stored),
        Some(_) => Err(AppError::Conflict(Conflict::MessageIdTaken).into()),
        None => Err(AppError::Conflict(Conflict::MessageRemoved).into()),
    }
}
