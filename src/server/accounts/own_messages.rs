//! Deletion of all messages of a user whose account is deleted, in the order of the conversations' ids and then of
//! time.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::postgres::deletions::{Deletions, LeavingUser};

/// Conversation in which messages are being deleted, and the time up to which they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Progress {
    conversation: conversation::Id,
    done: Option<SortTime>,
}

/// Function that publishes an event to the open pages of users.
pub type Publish = Arc<dyn Fn(&[user::Id], Event) + Send + Sync>;

/// Messages of users whose accounts are deleted. Cloning copies handles.
#[derive(Clone)]
pub struct OwnMessages {
    pub deletions: Deletions,
    pub conversations: Conversations,
    pub messages: Messages,
    pub publish: Publish,
}

impl OwnMessages {
    /// Deletes all messages of a user, and continues where an earlier process has died.
    ///
    /// A pass through the conversations can miss a message of the old app, because numbering changes its time. So
    /// another pass follows, until one that has gone through all conversations has found nothing to delete.
    pub(super) async fn delete_all(&self, user: &LeavingUser) -> Result<(), Failure> {
        let mut start: Option<Progress> = user.cursor.as_deref().and_then(|cursor| cursor.parse().ok());
        loop {
            let is_complete = start.is_none();
            let found = self.pass(user, start.take()).await?;
            if is_complete && !found {
                return Ok(());
            }
            self.deletions.advance(user.id, None).await?;
        }
    }

    /// Goes through the conversations from `start` on. Returns true if there was a message to delete.
    async fn pass(&self, user: &LeavingUser, start: Option<Progress>) -> Result<bool, Failure> {
        let mut found = false;
        for conversation in self.all_conversations(user).await? {
            let done = match &start {
                Some(start) if conversation < start.conversation => continue,
                Some(start) if conversation == start.conversation => start.done.clone(),
                Some(_) | None => None,
            };
            if let Some(membership) = self.conversations.membership(user.id, conversation).await? {
                found |= self.delete_in(&membership, done).await?;
            }
        }
        Ok(found)
    }

    async fn all_conversations(&self, user: &LeavingUser) -> Result<BTreeSet<conversation::Id>, Failure> {
        let (mut all, mut cursor) = (BTreeSet::new(), None);
        loop {
            let page = self.conversations.list(user.id, cursor.as_ref()).await?;
            all.extend(page.items.into_iter().map(|conversation| conversation.id));
            cursor = page.older;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// Deletes the member's messages in a conversation after a time, page by page. Returns true if there was one.
    async fn delete_in(&self, membership: &Membership, mut done: Option<SortTime>) -> Result<bool, Failure> {
        let (me, conversation, mut found) = (membership.me(), membership.conversation(), false);
        loop {
            let page = self.messages.page_after(membership, done.as_ref()).await?;
            for message in page.items.iter().filter(|message| message.author == me && !message.is_deleted()) {
                found |= self.delete(membership, message).await?;
            }
            let last = page.items.last().and_then(|message| SortTime::stored(message.sent_at.as_str()));
            let (is_end, progress) = (page.newer.is_none() || last.is_none(), Progress { conversation, done: last });
            self.deletions.advance(me, Some(&progress.to_string())).await?;
            if is_end {
                return Ok(found);
            }
            done = progress.done;
        }
    }

    /// Deletes a message. Returns false if it has just got another time, so that the next pass finds it.
    async fn delete(&self, membership: &Membership, message: &Message) -> Result<bool, Failure> {
        match self.messages.delete(membership, message.reference()).await {
            Ok(message) => {
                let event = Event::MessageChanged { conversation: membership.conversation(), message };
                (self.publish)(membership.members().ids(), event);
                Ok(true)
            }
            Err(Failure::Public(AppError::NotFound)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.conversation, self.done.as_ref().map_or("", SortTime::as_str))
    }
}

impl FromStr for Progress {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (conversation, done) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self { conversation: conversation.parse()?, done: SortTime::stored(done) })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_progress_can_be_stored() {
        let conversation = conversation::Id(Uuid::from_u128(7));
        for done in [None, SortTime::stored("2026-11-21T09:26:28.123456+00:00")] {
            let progress = Progress { conversation, done };
            assert_eq!(progress.to_string().parse(), Ok(progress));
        }
        assert!("yesterday".parse::<Progress>().is_err());
    }
}
