//! Row of a message.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::message::{self, Message, Quote, Reaction, SentAt, TextVersion};
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
    /// The message that this one answers.
    pub reply_to: Option<ReplyTo>,
    /// Revision of the conversation at the last change of this message; 0 if there was none.
    pub changed: u64,
    /// Number of edits.
    pub edits: u32,
    /// Time of the last edit.
    pub edited_at: Option<SentAt>,
    /// Time of the deletion. The text is empty then.
    pub deleted_at: Option<SentAt>,
    /// In the order of their first use.
    pub reactions: Vec<Reaction>,
}

/// Reference to the message that another one answers: an attribute of type map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    pub message_uuid: message::Id,
    /// Sort key of the message.
    pub sk: String,
    /// Author of the message.
    pub user_uuid: user::Id,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_uuid: message::Id,
    /// The current text.
    message: String,
    /// The author.
    user_uuid: user::Id,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_handle: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_display_name: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    seq: u64,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    reply_to: Option<ReplyTo>,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_zero")]
    changed: u64,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_zero")]
    edits: u32,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    edited_at: Option<SentAt>,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    deleted_at: Option<SentAt>,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<Reaction>,
}

impl MessageRow {
    /// Creates the row of a message as it is sent.
    pub fn new(
        conversation: conversation::Id,
        at: SortTime,
        id: message::Id,
        author: User,
        body: String,
        seq: u64,
    ) -> Self {
        Self {
            conversation,
            at,
            id,
            author,
            body,
            seq,
            reply_to: None,
            changed: 0,
            edits: 0,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        }
    }

    /// Decodes a row; `None` if it is not a message, or an attribute that a message needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Message(conversation, at) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        let author = codec::user(row.user_uuid, row.user_handle, row.user_display_name);
        Some(Self {
            reply_to: row.reply_to,
            changed: row.changed,
            edits: row.edits,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
            reactions: row.reactions,
            ..Self::new(conversation, at, row.message_uuid, author, row.message, row.seq)
        })
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
            reply_to: self.reply_to.clone(),
            changed: self.changed,
            edits: self.edits,
            edited_at: self.edited_at.clone(),
            deleted_at: self.deleted_at.clone(),
            reactions: self.reactions.clone(),
        };
        codec::encode(&Key::Message(self.conversation, self.at.clone()), attributes)
    }

    /// Returns the version of the text.
    pub fn version(&self) -> TextVersion {
        if self.deleted_at.is_some() { TextVersion::DELETED } else { TextVersion::edited(self.edits) }
    }

    /// Converts the row to the message that clients see. `quote` is that of the message which this one answers.
    pub fn into_message(self, quote: Option<Quote>) -> Message {
        Message {
            id: self.id,
            author: self.author.id,
            sent_at: self.at.sent_at(),
            body: self.body,
            seq: self.seq,
            author_name: None,
            quote,
            changed: self.changed,
            edits: self.edits,
            edited_at: self.edited_at,
            deleted_at: self.deleted_at,
            reactions: self.reactions,
        }
    }
}
