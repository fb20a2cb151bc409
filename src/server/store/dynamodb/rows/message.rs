//! Row of a message.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::message::{self, Message};
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub conversation: conversation::Id,
    /// Time when it was stored: its sort key.
    pub at: SortTime,
    pub id: message::Id,
    /// Author, with their names at the time of writing.
    pub author: User,
    pub body: String,
    /// Sequence number, from 1; 0 if the old app wrote the row.
    pub seq: u64,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_uuid: message::Id,
    message: String,
    /// The author.
    user_uuid: user::Id,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_handle: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_display_name: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    seq: u64,
}

impl MessageRow {
    /// Decodes a row; `None` if it is not a message, or an attribute that a message needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Message(conversation, at) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        let author = codec::user(row.user_uuid, row.user_handle, row.user_display_name);
        Some(Self { conversation, at, id: row.message_uuid, author, body: row.message, seq: row.seq })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let attributes = Attributes {
            message_uuid: self.id,
            message: self.body.clone(),
            user_uuid: self.author.id,
            user_handle: self.author.handle_text().to_owned(),
            user_display_name: self.author.display_name.to_string(),
            seq: self.seq,
        };
        codec::encode(&Key::Message(self.conversation, self.at.clone()), attributes)
    }

    /// Converts the row to the message that clients see.
    pub fn into_message(self) -> Message {
        let (author, sent_at) = (self.author.id, self.at.sent_at());
        Message { id: self.id, author, sent_at, body: self.body, seq: self.seq, author_name: None }
    }
}
