//! Single messages: finding one by a reference, with its history, and the rights of its author.

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::message::{Message, MessageRef, Version};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::named_message::NamedMessage;
use crate::server::store::dynamodb::rows::{MessageRow, ReplyTo};
use crate::server::store::dynamodb::sealed::Sealed;
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::{earlier_texts, heads, quotes, references};

impl Messages {
    /// Returns the user's right to a conversation, with a message that they name; `None` if the conversation does not
    /// exist or the user is not a member. Whether the message exists shows when it is used.
    ///
    /// One step and two read units. A legacy conversation without a head takes the steps of [`heads::find_or_create`]
    /// first.
    ///
    /// [`heads::find_or_create`]: super::legacy::heads::find_or_create
    pub async fn membership_with_message(
        &self,
        me: user::Id,
        conversation: conversation::Id,
        reference: MessageRef,
    ) -> Result<Option<(Membership, NamedMessage)>, Failure> {
        let at = SortTime::stored(reference.sent_at.as_str()).map(|at| at.canonical());
        let key = at.map(|at| Key::Message(conversation, at));
        let (head, row) = heads::get_with_row(self.table(), conversation, key).await?;
        let row = row.as_ref().and_then(MessageRow::from_item).filter(|row| row.id == reference.id);
        let sealed = Sealed::new(conversation, NamedMessage { row, ..reference.into() });
        let membership = self.legacy_rows().membership(me, conversation, head).await?;
        let Some(membership) = membership else { return Ok(None) };
        let named = sealed.open(&membership)?;
        Ok(Some((membership, named)))
    }

    /// Returns the stored reference to the message that a new one answers. Not found if it is not in the conversation;
    /// a deleted one is accepted, because it may have been deleted while the answer was being written.
    pub(super) async fn reply_to(
        &self,
        membership: &Membership,
        named: Option<NamedMessage>,
    ) -> Result<Option<ReplyTo>, Failure> {
        let Some(mut named) = named else { return Ok(None) };
        let row = self.row_of_named(membership, &mut named).await?.ok_or(AppError::NotFound)?;
        let sk = row.at.as_str().to_owned();
        Ok(Some(ReplyTo { message_uuid: row.id, sk, user_uuid: row.author.id }))
    }

    /// Returns the row of one of the member's own messages. A message of another member is not found, as one that does
    /// not exist.
    pub(super) async fn own_message(
        &self,
        membership: &Membership,
        named: &mut NamedMessage,
    ) -> Result<MessageRow, Failure> {
        let row = self.row_of_named(membership, named).await?.filter(|row| row.author.id == membership.me());
        Ok(row.ok_or(AppError::NotFound)?)
    }

    /// Returns the row of a message; `None` if it is not in the conversation. The row that was read with the head
    /// counts once: a later call reads it again.
    pub(super) async fn row_of_named(
        &self,
        membership: &Membership,
        named: &mut NamedMessage,
    ) -> Result<Option<MessageRow>, Failure> {
        match named.row.take() {
            Some(row) => Ok(Some(row)),
            None => self.row_of(membership, &named.reference).await,
        }
    }

    /// Returns a message; `None` if it is not in the conversation. One read unit, and some more for a legacy message or
    /// an unknown one.
    pub async fn find(&self, membership: &Membership, reference: &MessageRef) -> Result<Option<Message>, Failure> {
        match self.row_of(membership, reference).await? {
            Some(row) => Ok(Some(quotes::message(self.table(), row).await?)),
            None => Ok(None),
        }
    }

    /// Returns all texts that a message has had, the newest first; none if it has been deleted. One read unit per 4 KB.
    pub async fn versions(&self, membership: &Membership, reference: &MessageRef) -> Result<Vec<Version>, Failure> {
        let row = self.row_of(membership, reference).await?.ok_or(AppError::NotFound)?;
        if row.deleted_at.is_some() {
            return Ok(Vec::new());
        }
        let earlier = earlier_texts::of_message(self.table(), row.conversation, row.id).await?;
        let written_at = row.edited_at.unwrap_or_else(|| row.at.sent_at());
        let mut versions = vec![Version { body: row.body, written_at }];
        // An edit may have been stored since the message was read.
        let earlier = earlier.into_iter().rev().filter(|text| text.edits < row.edits);
        versions.extend(earlier.map(|text| text.version));
        Ok(versions)
    }

    /// Returns the row of a message; `None` if it is not in the conversation.
    pub(super) async fn row_of(
        &self,
        membership: &Membership,
        reference: &MessageRef,
    ) -> Result<Option<MessageRow>, Failure> {
        let (table, conversation) = (self.table(), membership.conversation());
        if let Some(row) = references::find(table, conversation, reference).await? {
            return Ok(Some(row));
        }
        if self.legacy_rows().is_migrated().await? {
            return Ok(None);
        }
        references::find_by_wall_clock(table, conversation, reference).await
    }
}
