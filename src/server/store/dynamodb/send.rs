//! Sending: one transaction for the message, the marker that makes retries safe, the head that orders the messages, and
//! now and then a milestone.
//! The first message also creates the conversation.

use anyhow::{Context, anyhow};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use time::{Duration, OffsetDateTime};

use crate::domain::conversation::Members;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::{self, Body};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::rows::{
    FirstSent, Head, InboxRow, MessageRow, NamedUser, Pair, ReadCursor, ReplyTo, SendMarker,
};
use crate::server::store::dynamodb::table::{Item, Key, LAST_SK, REQUESTED_BY, SEQ};
use crate::server::store::dynamodb::write_access::WriteAccess;
use crate::server::store::dynamodb::{blocks, heads, milestones, requests};

/// Retention of a message id, and so the time in which a send can be repeated: long enough for a device that has been
/// offline for a month.
const MARKER_TTL: Duration = Duration::days(30);

/// Positions of the message and of its marker in both transactions.
const MESSAGE: usize = 0;
const MARKER: usize = 1;

/// Position of the pair in the transaction that starts a direct conversation.
const PAIR: usize = 3;

/// Stores a message in an existing conversation. If an earlier call with this id stored a message, returns that one, as
/// it is now.
pub(super) async fn append(
    table: &Table,
    access: &WriteAccess,
    me: &User,
    id: message::Id,
    body: &Body,
    reply_to: Option<ReplyTo>,
) -> Result<MessageRow, Failure> {
    let membership = access.membership();
    if me.id != membership.me() {
        return Err(AppError::Forbidden.into());
    }
    let conversation = membership.conversation();
    let mut head = membership.head().clone();
    let mut backoff = Backoff::default();
    loop {
        let (at, seq) = (head.last.next(table.now()), head.seq + 1);
        let row = MessageRow {
            reply_to: reply_to.clone(),
            ..MessageRow::new(conversation, at, id, me.clone(), body.as_str().to_owned(), seq)
        };
        let refusal = blocks::check(&head).and_then(|()| requests::check_send(&head, me.id, access.takes_requests()));
        if let Err(refusal) = refusal.and_then(|()| check_age(id, table.now())) {
            // An earlier call may have stored it, before the block or as the last message of a request. DynamoDB may
            // keep a marker for longer than it has to.
            let marker = table.get(&Key::SendMarker(conversation, id)).await?.ok_or(refusal)?;
            return stored_message(table, &marker, row).await;
        }
        let head_part = advance_open_head(table, &row, &head)?;
        let mut parts = vec![put_message(table, &row)?, put_marker(table, &row)?, head_part];
        parts.extend(milestones::put(table, &row)?);
        parts.extend(requests::parts_of_send(table, &row, &head).await?);
        let Err(cancelled) = table.transact(parts).await? else {
            table.hints().keep_head(conversation, head.advanced(me.id, seq, row.at.clone())).await;
            return Ok(row);
        };
        if let Some(marker) = cancelled.existing_row(MARKER) {
            return stored_message(table, marker, row).await;
        }
        backoff.wait_with(table.clock(), "append a message").await?;
        head = heads::get(table, conversation).await?.ok_or(AppError::NotFound)?;
        if cancelled.condition_failed(MESSAGE) && head.last.at() < row.at.at() {
            // A writer that updates no head, such as the old app, stored a message at this very time. Take the next
            // one.
            head.last = row.at;
        }
    }
}

/// Fails if the marker of the message may have expired: a message that was stored once would be stored again. Only ids
/// of version 7, which the pages make, tell their age.
pub(super) fn check_age(id: message::Id, now: OffsetDateTime) -> Result<(), AppError> {
    let made_at = id.0.get_timestamp().filter(|_| id.0.get_version_num() == 7).map(|at| at.to_unix().0);
    let oldest = (now - MARKER_TTL).unix_timestamp();
    match made_at.and_then(|at| i64::try_from(at).ok()) {
        Some(at) if at < oldest => Err(AppError::Conflict(Conflict::MessageTooOld)),
        _ => Ok(()),
    }
}

/// Members of a conversation that does not exist yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum NewMembers<'a> {
    /// The two users of a direct conversation, which is a request of the author.
    Direct {
        author: &'a User,
        recipient: &'a User,
        /// False if the recipient takes no messages of the author. The transaction then fails as it does after a block,
        /// so that the author cannot tell the two apart by the time of the answer.
        takes_requests: bool,
    },
    Group(&'a [User]),
}

/// Creates a conversation with its first message. Returns `false` if it exists already, if another conversation of a
/// member has moved in the same microsecond, or if another transaction is writing the same rows: the caller must look
/// again. Fails if one of two users has blocked the other, or if the recipient takes no messages of the author.
pub(super) async fn start(table: &Table, first: &MessageRow, members: NewMembers<'_>) -> Result<bool, Failure> {
    let conversation = first.conversation;
    let (head, inbox_rows) = rows_of_members(first, members)?;
    let mut parts =
        vec![put_message(table, first)?, put_marker(table, first)?, table.put_if_absent(head.item(conversation))?];
    if let Some([one, other]) = head.pair() {
        parts.push(table.put_if_absent(Pair { conversation }.item(one, other))?);
    }
    parts.extend(requests::parts_of_start(table, conversation, &head)?);
    for row in inbox_rows {
        parts.push(table.put_if_absent(row.item())?);
    }
    // The author has read their own message.
    parts.push(table.put_if_absent(ReadCursor::new_item(first.author.id, conversation, first.seq, &first.at))?);
    let block = parts.len();
    if let Some(pair) = head.pair() {
        parts.push(match members {
            NewMembers::Direct { takes_requests: false, .. } => blocks::failing_part(table, pair)?,
            NewMembers::Direct { .. } | NewMembers::Group(_) => blocks::check_part(table, pair, &[])?,
        });
    }
    match table.transact(parts).await? {
        Ok(()) => {
            table.hints().keep_head(conversation, head).await;
            Ok(true)
        }
        // If the two have got a conversation meanwhile, its head decides.
        Err(cancelled) if cancelled.condition_failed(block) && !cancelled.condition_failed(PAIR) => {
            Err(AppError::Conflict(Conflict::Undeliverable).into())
        }
        Err(_) => Ok(false),
    }
}

/// Returns the head and the inbox rows of a new conversation.
fn rows_of_members(first: &MessageRow, members: NewMembers<'_>) -> anyhow::Result<(Head, Vec<InboxRow>)> {
    let (seq, at) = (first.seq, first.at.clone());
    let row = |owner: &User, named| InboxRow::new(owner.id, named, first);
    match members {
        NewMembers::Direct { author, recipient, .. } => {
            let head = Head::direct([author.id, recipient.id], seq, at).context("a direct conversation of one user")?;
            // The recipient gets theirs when they accept the request.
            Ok((head.requested_by(author.id), vec![row(author, NamedUser::Peer(recipient.clone()))]))
        }
        NewMembers::Group(members) => {
            let ids = Members::new(members.iter().map(|member| member.id)).context("a group without members")?;
            let rows = members.iter().map(|owner| row(owner, NamedUser::Author(first.author.clone())));
            Ok((Head::group(ids, seq, at), rows.collect()))
        }
    }
}

fn put_message(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(row.item())
}

/// Part of a transaction: puts the marker of a message.
pub(super) fn put_marker(table: &Table, row: &MessageRow) -> Result<TransactWriteItem, Failure> {
    table.put_if_absent(SendMarker::item(row, (table.now() + MARKER_TTL).unix_timestamp()))
}

/// Part of a transaction: advances the head to `row`, if it is still the one that was read.
pub(super) fn advance_head(table: &Table, row: &MessageRow, read: &Head) -> Result<TransactWriteItem, Failure> {
    advance_head_if(table, row, read, format!("{SEQ} = :read"))
}

/// Like [`advance_head`], if no member has blocked the other either. An answer to a request accepts it.
fn advance_open_head(table: &Table, row: &MessageRow, read: &Head) -> Result<TransactWriteItem, Failure> {
    let condition = format!("{SEQ} = :read AND {}", blocks::no_block());
    let Some(requester) = read.requester() else { return advance_head_if(table, row, read, condition) };
    let update = head_update(table, row, read, format!("{condition} AND {}", requests::unaccepted()))
        .expression_attribute_values(":requester", AttributeValue::S(requester.to_string()));
    let update = match row.author.id == requester {
        true => update,
        false => update.update_expression(format!("{} REMOVE {REQUESTED_BY}", advance())),
    };
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

fn advance_head_if(
    table: &Table,
    row: &MessageRow,
    read: &Head,
    condition: String,
) -> Result<TransactWriteItem, Failure> {
    Ok(TransactWriteItem::builder().update(head_update(table, row, read, condition).build()?).build())
}

/// Returns the update of a head that advances it to a message.
fn advance() -> String {
    format!("SET {SEQ} = :seq, {LAST_SK} = :last")
}

fn head_update(table: &Table, row: &MessageRow, read: &Head, condition: String) -> UpdateBuilder {
    Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(row.conversation).item()))
        .condition_expression(condition)
        .update_expression(advance())
        .expression_attribute_values(":read", AttributeValue::N(read.seq.to_string()))
        .expression_attribute_values(":seq", AttributeValue::N(row.seq.to_string()))
        .expression_attribute_values(":last", AttributeValue::S(row.at.as_str().to_owned()))
}

/// Returns the message that `marker` stands for, if `wanted` is what was sent first. It may have been edited or deleted
/// since.
async fn stored_message(table: &Table, marker: &Item, wanted: MessageRow) -> Result<MessageRow, Failure> {
    let marker = SendMarker::from_item(marker);
    let marker = marker.ok_or_else(|| anyhow!("the marker of message {} has no time", wanted.id))?;
    let stored = table.get(&Key::Message(wanted.conversation, marker.at)).await?;
    let Some(stored) = stored.as_ref().and_then(MessageRow::from_item) else {
        return Err(AppError::Conflict(Conflict::MessageRemoved).into());
    };
    let is_same = match marker.first_sent {
        Some(first_sent) => first_sent == FirstSent::new(&wanted),
        // A version before edits wrote the marker: the stored text is the first one unless the message has changed.
        None => stored.author.id == wanted.author.id && (stored.changed > 0 || stored.body == wanted.body),
    };
    if is_same { Ok(stored) } else { Err(AppError::Conflict(Conflict::MessageIdTaken).into()) }
}
