//! Conversations, in DynamoDB.

use crate::conversation::{self, Conversation};
use crate::message::{self, Body};
use crate::page::{Cursor, Page};
use crate::server::respond::Failure;
use crate::user::{self, User};

/// The right to read and write one conversation. Only this module makes one.
#[derive(Debug, Clone)]
pub struct Membership {
    conversation: conversation::Id,
    me: user::Id,
    other: user::Id,
}

/// Lists of conversations, and their heads.
#[derive(Clone)]
pub struct Conversations {}

impl Conversations {
    /// One page of a person's conversations, newest first. `older` of the page asks for the next.
    pub async fn list(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<Page<Conversation>, Failure> {
        todo!()
    }
    /// The person's right to a conversation; none for one that is not there or not theirs.
    pub async fn membership(
        &self,
        me: user::Id,
        conversation: conversation::Id,
    ) -> Result<Option<Membership>, Failure> {
        todo!()
    }
    /// The conversation that two people have.
    pub async fn find_with(&self, me: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
        todo!()
    }
    /// Sends the first message to somebody; appends where the two already talk. Who loses a race appends to the winner's.
    pub async fn start(
        &self,
        me: &User,
        other: &User,
        id: message::Id,
        body: &Body,
    ) -> Result<conversation::Id, Failure> {
        todo!()
    }
    /// Remembers that the person has read up to `seq`; never goes back.
    pub async fn mark_read(&self, membership: &Membership, seq: u64) -> Result<(), Failure> {
        todo!()
    }
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
}
