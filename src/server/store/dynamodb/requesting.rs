//! Message requests: listing, accepting and deleting them.

use std::cmp::Reverse;

use anyhow::Context;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use futures::future::try_join_all;

use crate::domain::conversation::Conversation;
use crate::domain::error::AppError;
use crate::domain::request::REQUESTS_MAX;
use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{Head, InboxRow, MessageRow, NamedUser, RequestRow};
use crate::server::store::dynamodb::table::{Key, REQUESTED_BY, REV, SEQ};
use crate::server::store::dynamodb::{Table, deleted_members, heads, read_cursors, requests};

/// Position of the inbox row in the transaction that accepts a request.
const INBOX_ROW: usize = 1;

impl Conversations {
    /// Returns the requests that a user has received: the [`REQUESTS_MAX`] that were started last, with the newest
    /// message first. Those of users whom they have blocked are left out.
    ///
    /// One query, one read unit for each request and one for its newest message; one query of PostgreSQL.
    pub async fn requests(&self, me: user::Id) -> Result<Vec<Conversation>, Failure> {
        let received = self.received(me).await?;
        let newest =
            received.iter().map(|(conversation, head)| requests::newest_message(&self.table, *conversation, head));
        let newest = try_join_all(newest).await?;
        let row = |message: MessageRow| InboxRow::new(me, NamedUser::Peer(message.author.clone()), &message);
        let mut rows: Vec<_> = newest.into_iter().flatten().map(row).collect();
        rows.sort_by_key(|row| Reverse(row.at.at()));
        let cursors = read_cursors::for_list(&self.table, me, false).await?;
        self.to_conversations(me, rows, cursors).await
    }

    /// Returns the number of requests that a user has received, at most [`REQUESTS_MAX`]. One query, and one read unit
    /// for each of them.
    pub async fn count_requests(&self, me: user::Id) -> Result<u64, Failure> {
        Ok(self.received(me).await?.len() as u64)
    }

    /// Reports whether two users have a request that has not been accepted, so that neither sees the presence of the
    /// other. One or two read units.
    pub async fn is_requested(&self, me: user::Id, peer: user::Id) -> Result<bool, Failure> {
        Ok(requests::peers(&self.table, me).await?.contains(&peer)
            || requests::peers(&self.table, peer).await?.contains(&me))
    }

    async fn received(&self, me: user::Id) -> Result<Vec<(conversation::Id, Head)>, Failure> {
        let rows = requests::of(&self.table, me).await?;
        let received = rows.into_iter().filter(RequestRow::is_listed).map(|row| row.conversation);
        let listed: Vec<_> = received.take(REQUESTS_MAX).collect();
        let mut found = heads::get_many(&self.table, listed.iter().copied()).await?;
        let is_shown = |head: &Head| head.request_recipient() == Some(me) && !head.is_blocked_by(me);
        let shown = listed.into_iter().filter_map(|id| Some((id, found.remove(&id)?)));
        Ok(shown.filter(|(_, head)| is_shown(head)).collect())
    }

    /// Accepts a request that the member has received: from now on the conversation is like any other. Returns `false`
    /// if it has been accepted already. Not found if the member has sent the request.
    ///
    /// One transaction of four rows, and a read unit for the newest message.
    pub async fn accept_request(&self, membership: &Membership) -> Result<bool, Failure> {
        let (table, me, conversation) = (&self.table, membership.me(), membership.conversation());
        let (mut head, mut backoff) = (membership.head().clone(), Backoff::default());
        let mut collision = None;
        loop {
            if !reject_sender(&head, me)? {
                return Ok(false);
            }
            let newest = requests::newest_message(table, conversation, &head).await?;
            if let Some(newest) = newest {
                let mut row = InboxRow::new(me, NamedUser::Peer(head.nameable(newest.author.clone())), &newest);
                // Another conversation of the member may have the same time.
                row.at = collision.take().unwrap_or(row.at);
                let at = row.at.clone();
                let acceptance = requests::parts_of_acceptance(table, &head, row)?;
                let parts = [vec![accept_head(table, conversation, &head)?], acceptance].concat();
                let Err(cancelled) = table.transact(parts).await? else { return Ok(true) };
                let is_taken = cancelled.condition_failed(INBOX_ROW);
                collision = is_taken.then(|| at.next(at.at()));
            }
            backoff.wait_with(table.clock(), "accept a request").await?;
            head = heads::get(table, conversation).await?.context("a conversation has lost its head")?;
        }
    }

    /// Deletes a request that the member has received from their list. They can still read it, and another message of
    /// its sender lists it again. Returns `false` if it is no request any more. Not found if the member has sent it.
    /// Two write units.
    pub async fn delete_request(&self, membership: &Membership) -> Result<bool, Failure> {
        if !reject_sender(membership.head(), membership.me())? {
            return Ok(false);
        }
        let mut backoff = Backoff::default();
        // A transaction, because that of a send may be writing the same row.
        while let Err(cancelled) = self.table.transact(vec![requests::mark_deleted(&self.table, membership)?]).await? {
            // Accepted meanwhile, or deleted by an earlier version, which kept no row.
            if cancelled.condition_failed(0) {
                break;
            }
            backoff.wait_with(self.table.clock(), "delete a request").await?;
        }
        Ok(true)
    }
}

/// Returns whether the conversation is a request that the member has received. Fails if they have sent it.
fn reject_sender(head: &Head, me: user::Id) -> Result<bool, AppError> {
    match head.requester() {
        Some(sender) if sender == me => Err(AppError::NotFound),
        sender => Ok(sender.is_some()),
    }
}

/// Part of a transaction: accepts a request, if neither a message nor a change has come since its head was read, and no
/// member has been deleted: the inbox row of the recipient is made of the newest message.
fn accept_head(table: &Table, conversation: conversation::Id, head: &Head) -> Result<TransactWriteItem, Failure> {
    let sender = head.requester().map(|sender| sender.to_string()).unwrap_or_default();
    let unchanged = match head.rev {
        0 => format!("attribute_not_exists({REV})"),
        _ => format!("{REV} = :rev"),
    };
    let (members, values) = deleted_members::unchanged(head);
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(conversation).item()))
        .condition_expression(format!("{} AND {SEQ} = :seq AND {unchanged} AND {members}", requests::unaccepted()))
        .set_expression_attribute_values(Some(values))
        .update_expression(format!("REMOVE {REQUESTED_BY}"))
        .expression_attribute_values(":requester", AttributeValue::S(sender))
        .expression_attribute_values(":seq", AttributeValue::N(head.seq.to_string()));
    if head.rev > 0 {
        update = update.expression_attribute_values(":rev", AttributeValue::N(head.rev.to_string()));
    }
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}
