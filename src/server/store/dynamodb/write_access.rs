//! Rights to write. A [`Membership`] only lets its holder read.

use crate::domain::error::{AppError, Conflict};
use crate::domain::user::User;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::membership::Membership;

/// The right to write to one conversation. Only [`Conversations::write_access`] creates one.
#[derive(Debug, Clone)]
pub struct WriteAccess {
    membership: Membership,
    takes_requests: bool,
}

impl WriteAccess {
    /// Returns the membership of the writer.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Sets whether the recipient of a request takes messages of users to whom they have never written.
    pub fn taken(self, takes_requests: bool) -> Self {
        Self { takes_requests, ..self }
    }

    /// Reports whether the recipient of a request takes further messages.
    pub fn takes_requests(&self) -> bool {
        self.takes_requests
    }
}

/// The right to send a user the first message of a direct conversation. Only [`Conversations::direct_access`] creates
/// one.
#[derive(Debug, Clone)]
pub struct DirectAccess {
    me: User,
    peer: User,
    takes_requests: bool,
}

impl DirectAccess {
    /// Returns the sender.
    pub fn me(&self) -> &User {
        &self.me
    }

    /// Returns the recipient.
    pub fn peer(&self) -> &User {
        &self.peer
    }

    /// Sets whether the recipient takes messages of users to whom they have never written.
    pub fn taken(self, takes_requests: bool) -> Self {
        Self { takes_requests, ..self }
    }

    /// Reports whether the recipient takes messages of users to whom they have never written.
    pub fn takes_requests(&self) -> bool {
        self.takes_requests
    }
}

/// The rights to write. These functions are asynchronous and may fail, so that message requests can be checked here.
/// Blocks are checked where the rows are written, in the condition of the transaction: they may come after the right,
/// and a repeated call gets its first result even then.
impl Conversations {
    /// Returns the right of a member to write to the conversation.
    pub async fn write_access(&self, membership: Membership) -> Result<WriteAccess, Failure> {
        Ok(WriteAccess { membership, takes_requests: true })
    }

    /// Returns the right of `me` to send another user the first message.
    pub async fn direct_access(&self, me: &User, peer: &User) -> Result<DirectAccess, Failure> {
        if me.id == peer.id {
            return Err(AppError::Conflict(Conflict::MessageToSelf).into());
        }
        Ok(DirectAccess { me: me.clone(), peer: peer.clone(), takes_requests: true })
    }
}
