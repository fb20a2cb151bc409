//! What programs are answered with: the old names and types, in the alphabetical order in which the old app wrote them.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::conversation::{self, Conversation};
use crate::domain::message;
use crate::domain::user::User;

/// A row of `GET /api/message_groups`: the other person, and the newest message.
#[derive(Serialize)]
pub struct MessageGroup {
    created_at: String,
    display_name: String,
    handle: String,
    message: String,
    uuid: Uuid,
}

impl From<Conversation> for MessageGroup {
    fn from(conversation: Conversation) -> Self {
        Self {
            created_at: conversation.last_sent_at.as_str().to_owned(),
            display_name: conversation.with.display_name.to_string(),
            handle: conversation.with.handle.to_string(),
            message: conversation.preview,
            uuid: conversation.id.0,
        }
    }
}

/// A message of `GET /api/messages/{message_group_uuid}`, with the names of who wrote it.
#[derive(Serialize)]
pub struct Message {
    created_at: String,
    display_name: String,
    handle: String,
    message: String,
    uuid: Uuid,
}

impl Message {
    /// The message, written by `author`.
    pub fn by(author: &User, message: message::Message) -> Self {
        Self {
            created_at: message.sent_at.as_str().to_owned(),
            display_name: author.display_name.to_string(),
            handle: author.handle.to_string(),
            message: message.body,
            uuid: message.id.0,
        }
    }
}

/// The answer to a message that went into a conversation that there was. `uuid` is the message's; the old app gave the
/// sender's, so that a list made of answers showed one message only.
#[derive(Serialize)]
pub struct Sent {
    created_at: String,
    display_name: String,
    handle: String,
    message: String,
    message_group_uuid: Uuid,
    uuid: Uuid,
}

impl Sent {
    /// The message that `me` has sent.
    pub fn new(me: &User, conversation: conversation::Id, message: message::Message) -> Self {
        let Message { created_at, display_name, handle, message, uuid } = Message::by(me, message);
        Self { created_at, display_name, handle, message, message_group_uuid: conversation.0, uuid }
    }
}

/// The answer to a message that was sent to a person.
#[derive(Serialize)]
pub struct Started {
    /// The conversation that the two now have.
    pub message_group_uuid: conversation::Id,
}

/// What `GET /api/users/@{handle}/short` tells of a person.
#[derive(Serialize)]
pub struct Person {
    display_name: String,
    handle: String,
    uuid: Uuid,
}

impl From<User> for Person {
    fn from(user: User) -> Self {
        Self { display_name: user.display_name.to_string(), handle: user.handle.to_string(), uuid: user.id.0 }
    }
}
