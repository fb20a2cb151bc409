//! Removal of a user whose account is deleted from the table: of their names in blocks, in messages and in the inbox
//! rows of others, in the order of the conversations' ids, and then of their own inbox, which lists the conversations.

use std::fmt;
use std::str::FromStr;

use anyhow::Context;
use uuid::Uuid;

use crate::domain::conversation;
use crate::server::accounts::own_messages::OwnMessages;
use crate::server::failure::Failure;
use crate::server::store::postgres::deletions::LeavingUser;

/// Beginning of a stored position. A position without it is that of the deletion of messages, which comes first.
const PREFIX: &str = "names ";

/// Conversation from which names are being removed, and the sort key of the last message that has been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamesProgress {
    conversation: conversation::Id,
    last: Option<String>,
}

impl OwnMessages {
    /// Removes the names of a user from all rows but those of the user, and continues where an earlier process has
    /// died.
    pub(super) async fn remove_names(&self, user: &LeavingUser) -> Result<(), Failure> {
        // First: the head of a legacy conversation is created with the names of a block.
        self.conversations.remove_names_in_blocks(user.id).await?;
        let start = NamesProgress::of(user);
        for conversation in self.conversations.readable(user.id).await? {
            let last = match &start {
                Some(start) if conversation < start.conversation => continue,
                Some(start) if conversation == start.conversation => start.last.clone(),
                Some(_) | None => None,
            };
            self.conversations.mark_member_deleted(user.id, conversation).await?;
            self.remove_names_in_messages(user, conversation, last).await?;
            self.conversations.remove_names_in_inboxes(user.id, conversation).await?;
        }
        Ok(())
    }

    /// Removes the names from the messages of a conversation, page by page. Numbering changes the times of messages of
    /// the old app, so that a pass can miss one: another pass follows, until a whole one finds none.
    async fn remove_names_in_messages(
        &self,
        user: &LeavingUser,
        conversation: conversation::Id,
        mut last: Option<String>,
    ) -> Result<(), Failure> {
        let mut found = last.is_some();
        loop {
            let removed = self.conversations.remove_names_in_messages(user.id, conversation, last.as_deref()).await?;
            found |= removed.found > 0;
            last = removed.last;
            let progress = NamesProgress { conversation, last: last.clone() };
            self.deletions.advance(user.id, Some(&progress.to_string())).await?;
            if last.is_none() && !std::mem::take(&mut found) {
                return Ok(());
            }
        }
    }

    /// Deletes the inbox of a user whose names have been removed.
    pub(super) async fn delete_inbox(&self, user: &LeavingUser) -> Result<(), Failure> {
        let progress = NamesProgress { conversation: conversation::Id(Uuid::max()), last: None }.to_string();
        while self.conversations.delete_inbox_rows(user.id).await? {
            self.deletions.advance(user.id, Some(&progress)).await?;
        }
        Ok(())
    }
}

impl NamesProgress {
    /// Returns the position at which an earlier process has died; `None` if it was not so far.
    pub(super) fn of(user: &LeavingUser) -> Option<Self> {
        user.cursor.as_deref().and_then(|cursor| cursor.parse().ok())
    }
}

impl fmt::Display for NamesProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{} {}", self.conversation, self.last.as_deref().unwrap_or_default())
    }
}

impl FromStr for NamesProgress {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (conversation, last) = text.strip_prefix(PREFIX).and_then(|it| it.split_once(' ')).context("a position")?;
        Ok(Self { conversation: conversation.parse()?, last: Some(last.to_owned()).filter(|last| !last.is_empty()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_can_be_stored() {
        let conversation = conversation::Id(Uuid::from_u128(7));
        for last in [None, Some("2026-11-21T09:26:28.123456+00:00".to_owned())] {
            let progress = NamesProgress { conversation, last };
            assert_eq!(progress.to_string().parse::<NamesProgress>().ok(), Some(progress));
        }
        assert!(format!("{conversation} ").parse::<NamesProgress>().is_err(), "a position of the messages");
    }
}
