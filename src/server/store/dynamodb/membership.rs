//! The right to read and write a conversation.

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::client::Table;
use crate::server::store::dynamodb::read_cursors;
use crate::server::store::dynamodb::rows::{Head, ReadCursor};

/// The right to read and write one conversation. Only this module creates one, and only for a member.
#[derive(Debug, Clone)]
pub struct Membership {
    conversation: conversation::Id,
    me: user::Id,
    peer: user::Id,
    head: Head,
}

impl Membership {
    /// Creates the right of `me`; `None` if they are not a member.
    pub(super) fn new(conversation: conversation::Id, me: user::Id, head: Head) -> Option<Self> {
        let peer = peer_of(&head, me)?;
        Some(Self { conversation, me, peer, head })
    }

    /// Returns the conversation's id.
    pub fn conversation(&self) -> conversation::Id {
        self.conversation
    }

    /// Returns the member who holds this right.
    pub fn me(&self) -> user::Id {
        self.me
    }

    /// Returns the other member.
    pub fn peer(&self) -> user::Id {
        self.peer
    }

    /// Returns the sequence number of the newest message at the time when this right was created.
    pub fn newest_seq(&self) -> u64 {
        self.head.seq
    }

    /// Returns the head as it was when this right was created.
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// Advances the member's read position to `seq`. Returns the cursor if it moved.
    pub(super) async fn read_up_to(&self, table: &Table, seq: u64) -> Result<Option<ReadCursor>, Failure> {
        read_cursors::advance_read(table, self.me, self.conversation, seq).await
    }
}

/// Returns the other member of a conversation; `None` if `me` is not a member.
pub(super) fn peer_of(head: &Head, me: user::Id) -> Option<user::Id> {
    match head.members {
        [one, other] | [other, one] if one == me => Some(other),
        _ => None,
    }
}
