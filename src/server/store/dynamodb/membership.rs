//! The right to read a conversation.

use crate::domain::conversation::{self, Kind, Members};
use crate::domain::request::{REQUEST_MESSAGES_MAX, Request};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::client::Table;
use crate::server::store::dynamodb::read_cursors;
use crate::server::store::dynamodb::rows::{Head, ReadCursor};

/// The right to read one conversation. Only this module creates one, and only for a member. Writing needs a
/// [`WriteAccess`](super::write_access::WriteAccess).
#[derive(Debug, Clone)]
pub struct Membership {
    conversation: conversation::Id,
    me: user::Id,
    head: Head,
}

impl Membership {
    /// Creates the right of `me`; `None` if they are not a member.
    pub(super) fn new(conversation: conversation::Id, me: user::Id, head: Head) -> Option<Self> {
        head.members().contains(me).then_some(Self { conversation, me, head })
    }

    /// Returns the conversation's id.
    pub fn conversation(&self) -> conversation::Id {
        self.conversation
    }

    /// Returns the kind of the conversation.
    pub fn kind(&self) -> Kind {
        self.head.kind()
    }

    /// Returns the member who holds this right.
    pub fn me(&self) -> user::Id {
        self.me
    }

    /// Returns all members, with the holder of this right.
    pub fn members(&self) -> &Members {
        self.head.members()
    }

    /// Returns the other members.
    pub fn others(&self) -> Vec<user::Id> {
        self.members().others(self.me)
    }

    /// Returns the sequence number of the newest message at the time when this right was created.
    pub fn newest_seq(&self) -> u64 {
        self.head.seq
    }

    /// Returns the revision of the conversation at the time when this right was created.
    pub fn rev(&self) -> u64 {
        self.head.rev
    }

    /// Reports whether one member of a direct conversation has blocked the other: then nothing passes between the two.
    pub fn is_blocked(&self) -> bool {
        self.head.is_blocked()
    }

    /// Reports whether the holder of this right has blocked the other member.
    pub fn has_blocked(&self) -> bool {
        self.head.is_blocked_by(self.me)
    }

    /// Returns a member as the holder of this right sees them: after a block, the other member with the names that they
    /// had when it began. A deleted user stays one.
    pub fn as_shown(&self, member: User) -> User {
        let at_block = self.head.at_block(member.id).filter(|_| member.id != self.me && !member.is_deleted());
        at_block.unwrap_or(member)
    }

    /// Returns the request that the conversation is for the holder of this right; `None` if it has been accepted.
    pub fn request(&self) -> Option<Request> {
        let left = REQUEST_MESSAGES_MAX.saturating_sub(self.head.seq);
        self.head.requester().map(|it| if it == self.me { Request::Sent { left } } else { Request::Received })
    }

    /// Reports whether receipts, typing and presence pass between the members: not if there is a block, nor while the
    /// conversation is a request.
    pub fn is_open(&self) -> bool {
        self.head.is_open()
    }

    /// Returns the users who get the events of what the holder of this right does: all members, or the holder alone if
    /// there is a block, or while the conversation is a request.
    pub fn audience(&self) -> Vec<user::Id> {
        if self.is_open() { self.members().ids().to_vec() } else { vec![self.me] }
    }

    /// Returns the member who has not accepted the request yet; `None` if the conversation is no request.
    pub(super) fn request_recipient(&self) -> Option<user::Id> {
        self.head.request_recipient()
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
