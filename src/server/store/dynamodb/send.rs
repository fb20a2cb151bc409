//! Sending: one transaction for the message, the marker that makes a retry safe, and the head that gives messages their
//! order. The first message of a conversation also makes the conversation.

use anyhow::anyhow;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use time::Duration;

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::message::{self, Body};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::inbox;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{self, Head, InboxRow, MessageRow};
use crate::server::store::dynamodb::table::{Item, Key, LAST_SK, MESSAGE_SK, SEQ, SortTime};

/// How long a message id is remembered, and with that for how long a send may be repeated: a month in a drawer.
const MARKER_TTL: Duration = Duration::days(30);

/// Where the parts of the transactions are, in both of them.
const MESSAGE: usize = 0;
const MARKER: usize = 1;

/// Stores a message in a conversation that there is; the row that an earlier call with this id stored, if one did.
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
    let mut tries = Tries::default();
    loop {
        let row = MessageRow {
            conversation,
            at: head.last.next(table.now()),
            id,
            author: me.clone(),
            body: body.as_str().to_owned(),
            seq: head.seq + 1,
        };
        let parts = vec![put_message(table, &row)?, put_marker(table, &row)?, move_head(table, &row, &head)?];
        let Err(refusal) = table.transact(parts).await? else { return Ok(row) };
        if let Some(marker) = refusal.row(MARKER) {
            return first_result(table, marker, row).await;
        }
        tries.wait_by(table.clock(), "append a message").await?;
        head = read_head(table, conversation).await?.ok_or(AppError::NotFound)?;
        if refusal.at(MESSAGE) && head.last.at() < row.at.at() {
            // Somebody who keeps no head, such as the old app, wrote at this very time. Take the next.
            head.last = row.at;
        }
    }
}

/// Makes the conversation of `first` and of its author with `other`. Not where the two have one already, where another
/// conversation of theirs has moved in this very microsecond, or where another transaction is at it: look again.
pub(super) async fn start(table: &Table, first: &MessageRow, other: &User) -> Result<bool, Failure> {
    let me = &first.author;
    let head = Head { members: [me.id, other.id], seq: first.seq, last: first.at.clone() };
    let inbox = |owner: &User, with: &User| InboxRow {
        owner: owner.id,
        at: first.at.clone(),
        conversation: first.conversation,
        with: with.clone(),
        body: first.body.clone(),
        seq: first.seq,
        last_author: Some(me.id),
    };
    let parts = vec![
        put_message(table, first)?,
        put_marker(table, first)?,
        table.put_if_absent(head.item(first.conversation))?,
        table.put_if_absent(rows::pair(me.id, other.id, first.conversation))?,
        table.put_if_absent(inbox(me, other).item())?,
        table.put_if_absent(inbox(other, me).item())?,
        // One's own message is nothing new.
        table.put_if_absent(rows::read_cursor(me.id, first.conversation, first.seq, &first.at))?,
    ];
    Ok(table.transact(parts).await?.is_ok())
}

/// What follows from a message that is stored, and may be repeated at any time. A failure loses nothing: whoever reads
/// the table's stream does the same.
pub(super) async fn after_commit(table: &Table, membership: &Membership, row: &MessageRow) {
    // Who answers has read what was there; their own message is nothing new to them.
    let read = membership.read_up_to(table, row.seq);
    let (moved, read) = tokio::join!(inbox::move_inbox_rows(table, row), read);
    for failure in [moved.err(), read.err()].into_iter().flatten() {
        tracing::warn!(conversation = %row.conversation, ?failure, "a message is stored, but an inbox row stayed behind");
    }
}

/// The head of a conversation, as it is now.
pub(super) async fn read_head(table: &Table, conversation: conversation::Id) -> Result<Option<Head>, Failure> {
    Ok(table.get(&Key::Head(conversation)).await?.as_ref().and_then(Head::read))
}

fn put_message(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(row.item())
}

fn put_marker(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(rows::marker(row, (table.now() + MARKER_TTL).unix_timestamp()))
}

/// Part of a transaction: the head goes on to `row`, if it is still the one read.
fn move_head(table: &Table, row: &MessageRow, read: &Head) -> Result<TransactWriteItem, Failure> {
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

/// The message that `marker` stands for, if it is the one that `wanted` repeats.
async fn first_result(table: &Table, marker: &Item, wanted: MessageRow) -> Result<MessageRow, Failure> {
    let at = rows::text(marker, MESSAGE_SK).and_then(SortTime::stored);
    let at = at.ok_or_else(|| anyhow!("the marker of message {} has no time", wanted.id))?;
    let stored = table.get(&Key::Message(wanted.conversation, at)).await?;
    match stored.as_ref().and_then(MessageRow::read) {
        Some(stored) if stored.author.id == wanted.author.id && stored.body == wanted.body => Ok(stored),
        Some(_) => Err(AppError::Conflict(
            "Another message has been sent from this form. Copy your text, then reload the page.".to_owned(),
        )
        .into()),
        None => Err(AppError::Conflict("This message was sent, and is no longer there.".to_owned()).into()),
    }
}
