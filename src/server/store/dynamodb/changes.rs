//! Changes of messages: edits, deletions and reactions. Each is one transaction of the message, of the head with the
//! next revision of the conversation, and of the row of that revision, through which pages find what they have missed.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use time::{Duration, OffsetDateTime};

use crate::domain::emoji::Emoji;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::{Body, EDITABLE_HOURS, EDITS_MAX, Message, REACTIONS_MAX, Version, set_reaction};
use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::named_message::NamedMessage;
use crate::server::store::dynamodb::rows::{EarlierText, MessageRow, Revision};
use crate::server::store::dynamodb::table::{
    CHANGED, DELETED_AT, EDITED_AT, EDITS, Key, MESSAGE, MESSAGE_UUID, PK, REACTIONS, REPLY_TO, REV, SortTime,
};
use crate::server::store::dynamodb::write_access::WriteAccess;
use crate::server::store::dynamodb::{Table, blocks, earlier_texts, heads, quotes, requests};

/// Retention of revisions: pages that have been away for longer reload what they show.
const REVISION_TTL: Duration = Duration::days(30);

impl Messages {
    /// Replaces the text of one of the member's own messages. `edits` is the number of edits that the member has seen.
    ///
    /// Not found if the message is not there or belongs to another member. Conflict if it has been deleted, or edited
    /// since; if it is older than [`EDITABLE_HOURS`]; after [`EDITS_MAX`] edits; if a member has blocked the other. A
    /// repeated call returns the first result, and an edit to the same text writes nothing. One transaction of four
    /// rows: eight write units up to 1 KB.
    pub async fn edit(
        &self,
        access: &WriteAccess,
        message: impl Into<NamedMessage>,
        edits: u32,
        body: &Body,
    ) -> Result<Message, Failure> {
        let (membership, now) = (access.membership(), self.table().now());
        let mut named = message.into();
        let mut attempts = Attempts::new(membership);
        loop {
            let row = self.own_message(membership, &mut named).await?;
            if row.deleted_at.is_some() {
                return Err(AppError::Conflict(Conflict::MessageDeleted).into());
            }
            if row.body == body.as_str() {
                return quotes::message(self.table(), row).await;
            }
            if row.edits != edits {
                let first_result = Key::EarlierText(row.conversation, row.id, edits.saturating_add(1));
                let first_result = self.table().get(&first_result).await?.as_ref().and_then(EarlierText::from_item);
                if first_result.is_some_and(|text| text.version.body == body.as_str()) {
                    return quotes::message(self.table(), row).await;
                }
                return Err(AppError::Conflict(Conflict::MessageChanged).into());
            }
            if now > editable_until(&row) {
                return Err(AppError::Conflict(Conflict::EditTooLate).into());
            }
            if row.edits >= EDITS_MAX {
                return Err(AppError::Conflict(Conflict::TooManyEdits).into());
            }
            let next = MessageRow {
                body: body.as_str().to_owned(),
                edits: row.edits + 1,
                edited_at: Some(SortTime::from(now).sent_at()),
                ..row.clone()
            };
            attempts.check_access()?;
            if let Some(changed) = self.try_change(attempts.rev, &row, next).await? {
                self.updates().follow_change(changed.clone(), membership).await;
                return quotes::message(self.table(), changed).await;
            }
            attempts.next(self.table(), "edit a message").await?;
        }
    }

    /// Deletes one of the member's own messages for all members: its text, its earlier texts, its reactions, and the
    /// previews of it. When this returns, no row holds the text. Not found as for an edit; conflict if the member has
    /// not seen its last edit.
    ///
    /// One transaction of three rows (six write units), the updates of previews, and a write unit for each earlier
    /// text.
    pub async fn delete(&self, membership: &Membership, message: impl Into<NamedMessage>) -> Result<Message, Failure> {
        let (mut attempts, mut named) = (Attempts::new(membership), message.into());
        loop {
            let row = self.own_message(membership, &mut named).await?;
            if row.deleted_at.is_some() {
                // An earlier call may have ended before it had removed everything.
                self.remove_texts(&row, membership).await?;
                return quotes::message(self.table(), row).await;
            }
            reject_stale(&row, &named)?;
            let next = MessageRow {
                body: String::new(),
                reply_to: None,
                edits: 0,
                edited_at: None,
                deleted_at: Some(SortTime::from(self.table().now()).sent_at()),
                reactions: Vec::new(),
                ..row.clone()
            };
            if let Some(changed) = self.try_change(attempts.rev, &row, next).await? {
                self.remove_texts(&changed, membership).await?;
                return quotes::message(self.table(), changed).await;
            }
            attempts.next(self.table(), "delete a message").await?;
        }
    }

    /// Adds (`on`) or removes the member's reaction to a message. Not found if the message is not there; conflict if it
    /// has been deleted, if the member has not seen its last edit, if it has too many different reactions, or if a
    /// member has blocked the other. One transaction of three rows (six write units).
    pub async fn react(
        &self,
        access: &WriteAccess,
        message: impl Into<NamedMessage>,
        emoji: &Emoji,
        on: bool,
    ) -> Result<Message, Failure> {
        let membership = access.membership();
        let (mut attempts, mut named) = (Attempts::new(membership), message.into());
        loop {
            let row = self.row_of_named(membership, &mut named).await?.ok_or(AppError::NotFound)?;
            if row.deleted_at.is_some() {
                return Err(AppError::Conflict(Conflict::MessageDeleted).into());
            }
            reject_stale(&row, &named)?;
            let mut reactions = row.reactions.clone();
            if !set_reaction(&mut reactions, membership.me(), emoji, on) {
                return quotes::message(self.table(), row).await;
            }
            if reactions.len() > REACTIONS_MAX {
                return Err(AppError::Conflict(Conflict::TooManyReactions).into());
            }
            attempts.check_access()?;
            let next = MessageRow { reactions, ..row.clone() };
            if let Some(changed) = self.try_change(attempts.rev, &row, next).await? {
                return quotes::message(self.table(), changed).await;
            }
            attempts.next(self.table(), "react to a message").await?;
        }
    }

    /// Returns the time until which the member can edit a message; `None` if they cannot.
    pub fn editable_until(&self, membership: &Membership, message: &Message) -> Option<OffsetDateTime> {
        let sent_at = SortTime::stored(message.sent_at.as_str())?.at();
        let until = sent_at.saturating_add(Duration::hours(EDITABLE_HOURS));
        let is_editable = message.author == membership.me()
            && !message.is_deleted()
            && message.edits < EDITS_MAX
            && self.table().now() <= until;
        is_editable.then_some(until)
    }

    /// Stores the next state of a message, as the revision after `rev`. `None` if another change came first: the caller
    /// must look again.
    async fn try_change(&self, rev: u64, row: &MessageRow, next: MessageRow) -> Result<Option<MessageRow>, Failure> {
        let (table, conversation) = (self.table(), row.conversation);
        let next = MessageRow { changed: rev + 1, ..next };
        let revision = Revision { conversation, rev: next.changed, message: row.id, at: row.at.clone() };
        let expires_at = (table.now() + REVISION_TTL).unix_timestamp();
        let mut parts = vec![
            update_message(table, row, &next)?,
            // A deletion is allowed after a block, too: an author may take back what they have written.
            advance_rev(table, conversation, rev, next.deleted_at.is_none())?,
            table.put_if_absent(revision.item(expires_at))?,
        ];
        if next.edits > row.edits {
            let written_at = row.edited_at.clone().unwrap_or_else(|| row.at.sent_at());
            let version = Version { body: row.body.clone(), written_at };
            let earlier = EarlierText { conversation, message: row.id, edits: row.edits, version };
            parts.push(table.put_if_absent(earlier.item())?);
        }
        if table.transact(parts).await?.is_err() {
            return Ok(None);
        }
        table.hints().keep_rev(conversation, next.changed).await;
        Ok(Some(next))
    }

    /// Removes the text of a deleted message from everywhere but its own row.
    async fn remove_texts(&self, row: &MessageRow, membership: &Membership) -> Result<(), Failure> {
        let removed = earlier_texts::remove(self.table(), row.conversation, row.id);
        let (previews, removed) = tokio::join!(self.updates().carry_out_change(row.clone(), membership), removed);
        previews.and(removed)
    }
}

/// Attempts at one change. Each starts with the revision of the conversation, which the previous one has found
/// outdated.
struct Attempts {
    conversation: conversation::Id,
    me: user::Id,
    rev: u64,
    /// Refusal of the change, if nothing may pass between the members.
    refusal: Result<(), AppError>,
    backoff: Backoff,
}

impl Attempts {
    /// Starts with the head that the right of the member was made of.
    fn new(membership: &Membership) -> Self {
        Self {
            conversation: membership.conversation(),
            me: membership.me(),
            rev: membership.rev(),
            refusal: requests::check_change(membership.head(), membership.me()),
            backoff: Backoff::default(),
        }
    }

    /// Waits, and reads the revision again. `operation` is for the log.
    async fn next(&mut self, table: &Table, operation: &'static str) -> Result<(), Failure> {
        self.backoff.wait_with(table.clock(), operation).await?;
        let head = heads::get(table, self.conversation).await?.ok_or(AppError::NotFound)?;
        (self.rev, self.refusal) = (head.rev, requests::check_change(&head, self.me));
        Ok(())
    }

    /// Fails if a member has blocked the other one, or has not accepted their request.
    fn check_access(&self) -> Result<(), AppError> {
        self.refusal.clone()
    }
}

/// Rejects the change of a message whose last text the member has not seen.
fn reject_stale(row: &MessageRow, named: &NamedMessage) -> Result<(), AppError> {
    match named.seen_edits {
        Some(edits) if edits != row.edits => Err(AppError::Conflict(Conflict::MessageChanged)),
        _ => Ok(()),
    }
}

/// Last moment at which a message can be edited.
fn editable_until(row: &MessageRow) -> OffsetDateTime {
    row.at.at().saturating_add(Duration::hours(EDITABLE_HOURS))
}

/// Part of a transaction: changes a message, if it is as it was read.
fn update_message(table: &Table, read: &MessageRow, next: &MessageRow) -> Result<TransactWriteItem, Failure> {
    let item = next.item();
    let changeable = [MESSAGE, CHANGED, EDITS, EDITED_AT, DELETED_AT, REPLY_TO, REACTIONS];
    let (set, remove): (Vec<_>, Vec<_>) = changeable.into_iter().partition(|name| item.contains_key(*name));
    let assignments: Vec<_> = set.iter().map(|name| format!("#{name} = :{name}")).collect();
    let removals: Vec<_> = remove.iter().map(|name| format!("#{name}")).collect();
    let mut expression = format!("SET {}", assignments.join(", "));
    if !removals.is_empty() {
        expression = format!("{expression} REMOVE {}", removals.join(", "));
    }
    let unchanged = match read.changed {
        0 => format!("attribute_not_exists(#{CHANGED})"),
        _ => format!("#{CHANGED} = :read"),
    };
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Message(read.conversation, read.at.clone()).item()))
        .condition_expression(format!("{MESSAGE_UUID} = :id AND {unchanged}"))
        .update_expression(expression)
        .expression_attribute_values(":id", AttributeValue::S(read.id.to_string()));
    if read.changed > 0 {
        update = update.expression_attribute_values(":read", AttributeValue::N(read.changed.to_string()));
    }
    for name in changeable {
        update = update.expression_attribute_names(format!("#{name}"), name);
    }
    for name in set {
        update = update.expression_attribute_values(format!(":{name}"), item[name].clone());
    }
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

/// Part of a transaction: advances the revision of a conversation, if it is still the one that was read, and if no
/// member has blocked the other in case that `respects_blocks`.
fn advance_rev(
    table: &Table,
    conversation: conversation::Id,
    read: u64,
    respects_blocks: bool,
) -> Result<TransactWriteItem, Failure> {
    let mut unchanged = match read {
        0 => format!("attribute_not_exists({REV})"),
        _ => format!("{REV} = :read"),
    };
    if respects_blocks {
        unchanged = format!("{unchanged} AND {}", blocks::no_block());
    }
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(conversation).item()))
        .condition_expression(format!("attribute_exists({PK}) AND {unchanged}"))
        .update_expression(format!("SET {REV} = :next"))
        .expression_attribute_values(":next", AttributeValue::N((read + 1).to_string()));
    if read > 0 {
        update = update.expression_attribute_values(":read", AttributeValue::N(read.to_string()));
    }
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}
