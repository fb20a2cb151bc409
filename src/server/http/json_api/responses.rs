//! Response bodies. Field names and types are those of the old app, in the alphabetical order of its JSON.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::conversation::{self, Conversation};
use crate::domain::message::{self, Reaction, SentAt};
use crate::domain::user::{self, User};

/// Row of `GET /api/message_groups`: a user and the newest message. The user is the other member of a direct
/// conversation, or the author of a group's newest message.
#[derive(Serialize)]
pub struct MessageGroup {
    created_at: String,
    display_name: String,
    handle: String,
    message: String,
    uuid: Uuid,
}

impl MessageGroup {
    /// Builds the row of a conversation of `me`.
    pub fn new(me: user::Id, conversation: Conversation) -> Self {
        let author = conversation.members.iter().find(|member| Some(member.id) == conversation.last_author);
        let shown = conversation.peer(me).or(author).cloned().unwrap_or_else(|| User::deleted(me));
        Self {
            created_at: conversation.last_sent_at.as_str().to_owned(),
            display_name: shown.display_name.to_string(),
            handle: shown.handle_text().to_owned(),
            message: conversation.preview,
            uuid: conversation.id.0,
        }
    }
}

/// Message of `GET /api/messages/{message_group_uuid}`, with its author's names. The optional fields are unknown to the
/// old app.
#[derive(Serialize)]
pub struct Message {
    created_at: String,
    /// Time of the deletion. The text of a deleted message is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<SentAt>,
    display_name: String,
    /// Time of the last edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<SentAt>,
    handle: String,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<Reaction>,
    /// Id of the message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<message::Id>,
    uuid: Uuid,
}

impl Message {
    /// Builds the response for a message of `author`.
    pub fn new(author: &User, message: message::Message) -> Self {
        Self {
            created_at: message.sent_at.as_str().to_owned(),
            deleted_at: message.deleted_at,
            display_name: author.display_name.to_string(),
            edited_at: message.edited_at,
            handle: author.handle_text().to_owned(),
            message: message.body,
            reactions: message.reactions,
            reply_to: message.quote.map(|quote| quote.message.id),
            uuid: message.id.0,
        }
    }
}

/// Response to a message that was sent to an existing conversation. `uuid` is the id of the message; the old app
/// returned the id of the sender, so that a client with a list of responses showed only one message.
#[derive(Serialize)]
pub struct SentMessage {
    created_at: String,
    /// Time of the deletion: the request repeats one whose message has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<SentAt>,
    display_name: String,
    handle: String,
    message: String,
    message_group_uuid: Uuid,
    uuid: Uuid,
}

impl SentMessage {
    /// Builds the response for a message that `me` has sent.
    pub fn new(me: &User, conversation: conversation::Id, message: message::Message) -> Self {
        let Message { created_at, deleted_at, display_name, handle, message, uuid, .. } = Message::new(me, message);
        Self { created_at, deleted_at, display_name, handle, message, message_group_uuid: conversation.0, uuid }
    }
}

/// Response to a message that was sent to a user.
#[derive(Serialize)]
pub struct StartedConversation {
    pub message_group_uuid: conversation::Id,
}

/// Response of `GET /api/users/@{handle}/short`.
#[derive(Serialize)]
pub struct ShortProfile {
    display_name: String,
    handle: String,
    uuid: Uuid,
}

impl From<User> for ShortProfile {
    fn from(user: User) -> Self {
        Self { display_name: user.display_name.to_string(), handle: user.handle_text().to_owned(), uuid: user.id.0 }
    }
}
