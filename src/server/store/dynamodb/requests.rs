//! Message requests, as other operations need them: conditions and parts of transactions, and the requests of a user.
//! [`requesting`](super::requesting) accepts and deletes them.
//!
//! A direct conversation begins as a request. Its head names the sender until the recipient accepts; the recipient has
//! no inbox row until then. Both have a row of the request, which the transactions of sends and of the acceptance write
//! and delete.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};

use crate::domain::conversation;
use crate::domain::error::{AppError, Conflict};
use crate::domain::request::REQUEST_MESSAGES_MAX;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, NamedUser, RequestRow};
use crate::server::store::dynamodb::table::{DELETED, Key, PK, REQUEST_PREFIX, REQUESTED_BY};
use crate::server::store::dynamodb::{Table, blocks, into_failure};

/// Condition of a head: it is still the request of `:requester`.
pub(super) fn unaccepted() -> String {
    format!("{REQUESTED_BY} = :requester")
}

/// Fails if the member has sent all messages that they may send before the recipient accepts, or if the recipient takes
/// no requests. All messages of a request are theirs, so that the newest one has the number of them.
pub(super) fn check_send(head: &Head, me: user::Id, takes_requests: bool) -> Result<(), AppError> {
    match head.requester() {
        Some(sender) if sender == me && !takes_requests => Err(AppError::Conflict(Conflict::Undeliverable)),
        Some(sender) if sender == me && head.seq >= REQUEST_MESSAGES_MAX => {
            Err(AppError::Conflict(Conflict::RequestPending))
        }
        _ => Ok(()),
    }
}

/// Fails if a member has blocked the other one, or if this member has not accepted the request: the sender must not
/// learn that they have seen it.
pub(super) fn check_change(head: &Head, me: user::Id) -> Result<(), AppError> {
    blocks::check(head)?;
    let is_recipient = head.request_recipient() == Some(me);
    if is_recipient { Err(AppError::Conflict(Conflict::RequestNotAccepted)) } else { Ok(()) }
}

/// Parts of the transaction that starts a conversation: the rows that list the request.
pub(super) fn parts_of_start(
    table: &Table,
    conversation: conversation::Id,
    head: &Head,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let (Some(sender), Some(recipient)) = (head.requester(), head.request_recipient()) else { return Ok(Vec::new()) };
    let row = |owner, peer| RequestRow { owner, conversation, peer, requested_by: sender, is_deleted: false };
    [row(sender, recipient), row(recipient, sender)].map(|row| table.put_if_absent(row.item())).into_iter().collect()
}

/// Parts of the transaction of a send to a conversation that is a request. Another message lists the request again,
/// which its recipient may have deleted. An answer of the recipient accepts it. One read unit for that.
pub(super) async fn parts_of_send(
    table: &Table,
    message: &MessageRow,
    head: &Head,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let (Some(sender), Some(recipient)) = (head.requester(), head.request_recipient()) else { return Ok(Vec::new()) };
    if message.author.id == sender {
        let row = RequestRow {
            owner: recipient,
            conversation: message.conversation,
            peer: sender,
            requested_by: sender,
            is_deleted: false,
        };
        let put = Put::builder().table_name(table.name()).set_item(Some(row.item()));
        return Ok(vec![TransactWriteItem::builder().put(put.build()?).build()]);
    }
    let newest = newest_message(table, message.conversation, head).await?;
    let sender = newest.map(|newest| head.nameable(newest.author)).unwrap_or_else(|| User::deleted(sender));
    parts_of_acceptance(table, head, InboxRow::new(recipient, NamedUser::Peer(sender), message))
}

/// Parts of a transaction that accepts a request, besides the update of its head: the inbox row of the recipient takes
/// the place of the rows that list it. The inbox row comes first.
pub(super) fn parts_of_acceptance(
    table: &Table,
    head: &Head,
    row: InboxRow,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let mut parts = vec![table.put_if_absent(row.item())?];
    for member in head.members().ids() {
        parts.push(delete_part(table, *member, row.conversation)?);
    }
    Ok(parts)
}

/// Part of a transaction: marks the row of a request as deleted from the list of this member. Its condition fails if
/// there is no such row, because the request has been accepted.
pub(super) fn mark_deleted(table: &Table, membership: &Membership) -> Result<TransactWriteItem, Failure> {
    let key = Key::Request(membership.me(), membership.conversation());
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key.item()))
        .condition_expression(format!("attribute_exists({PK})"))
        .update_expression(format!("SET {DELETED} = :deleted"))
        .expression_attribute_values(":deleted", AttributeValue::Bool(true));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

fn delete_part(table: &Table, owner: user::Id, conversation: conversation::Id) -> Result<TransactWriteItem, Failure> {
    let key = Key::Request(owner, conversation);
    let delete = Delete::builder().table_name(table.name()).set_key(Some(key.item()));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

/// Returns the newest message of a request, if its sender has written it. One read unit.
pub(super) async fn newest_message(
    table: &Table,
    conversation: conversation::Id,
    head: &Head,
) -> Result<Option<MessageRow>, Failure> {
    let item = table.get(&Key::Message(conversation, head.last.clone())).await?;
    let message = item.as_ref().and_then(MessageRow::from_item);
    Ok(message.filter(|message| head.requester() == Some(message.author.id)))
}

/// Returns the users with whom this one has a request, in either direction. One read unit per about 30 requests.
pub(super) async fn peers(table: &Table, me: user::Id) -> Result<HashSet<user::Id>, Failure> {
    Ok(of(table, me).await?.into_iter().map(|row| row.peer).collect())
}

/// Returns the requests that a user has sent or received, the newest first, strongly consistent. The ids of
/// conversations grow with time.
pub(super) async fn of(table: &Table, me: user::Id) -> Result<Vec<RequestRow>, Failure> {
    let query = table.query_by_prefix(Key::inbox(me), REQUEST_PREFIX).scan_index_forward(false);
    let rows = query.into_paginator().items().send().try_collect().await.map_err(into_failure("read requests"))?;
    Ok(rows.iter().filter_map(RequestRow::from_item).collect())
}
