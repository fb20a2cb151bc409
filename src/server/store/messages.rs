//! Messages, in DynamoDB.

use crate::message::{self, Body, Message};
use crate::page::{Cursor, Page};
use crate::server::respond::Failure;
use crate::server::store::conversations::Membership;
use crate::user::User;

/// What was written.
#[derive(Clone)]
pub struct Messages {}

impl Messages {
    /// One page of a conversation, oldest first within it: the newest page without a cursor, else the one that the cursor asks for.
    pub async fn page(&self, membership: &Membership, cursor: Option<&Cursor>) -> Result<Page<Message>, Failure> {
        todo!()
    }
    /// Stores a message once, however often it is asked to with the same id; answers with the stored message.
    /// Conflict where the id already stands for another text or author.
    pub async fn append(
        &self,
        membership: &Membership,
        me: &User,
        id: message::Id,
        body: &Body,
    ) -> Result<Message, Failure> {
        todo!()
    }
}
