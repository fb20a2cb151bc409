//! The right to a conversation.

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::client::Table;
use crate::server::store::dynamodb::read_cursors;
use crate::server::store::dynamodb::rows::{Head, ReadCursor};

/// The right to read and write one conversation. Only this module makes one.
#[derive(Debug, Clone)]
pub struct Membership {
    pub(super) conversation: conversation::Id,
    pub(super) me: user::Id,
    pub(super) other: user::Id,
    pub(super) head: Head,
}

impl Membership {
    /// Which conversation.
    pub fn conversation(&self) -> conversation::Id {
        self.conversation
    }

    /// Whose right this is.
    pub fn me(&self) -> user::Id {
        self.me
    }

    /// The other person.
    pub fn other(&self) -> user::Id {
        self.other
    }

    /// The place of the newest message when the right was given.
    pub fn newest_seq(&self) -> u64 {
        self.head.seq
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) async fn read_up_to(&self, table: &Table, seq: u64) -> Result<Option<ReadCursor>, Failure> {
        read_cursors::advance(table, self.me, self.conversation, seq).await
    }
}

/// Who is in a conversation besides `me`; nobody where `me` is not.
pub(super) fn other_member(head: &Head, me: user::Id) -> Option<user::Id> {
    match head.members {
        [one, other] | [other, one] if one == me => Some(other),
        _ => None,
    }
}
