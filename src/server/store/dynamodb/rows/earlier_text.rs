//! Row of an earlier text of an edited message.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::message::{self, SentAt, Version};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key};

/// A text that an edit has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierText {
    pub conversation: conversation::Id,
    pub message: message::Id,
    /// Number of edits before this text; 0 for the text as it was sent.
    pub edits: u32,
    pub version: Version,
}

/// The old app's stream handler takes every row of a conversation that has an attribute `message` for a new message. So
/// this row has none.
#[derive(Serialize, Deserialize)]
struct Attributes {
    body: String,
    /// Time at which the text was written.
    written_at: SentAt,
}

impl EarlierText {
    /// Decodes a row; `None` if it is no earlier text.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::EarlierText(conversation, message, edits) = Key::of(item)? else { return None };
        let Attributes { body, written_at } = codec::decode(item)?;
        Some(Self { conversation, message, edits, version: Version { body, written_at } })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let Version { body, written_at } = self.version.clone();
        let key = Key::EarlierText(self.conversation, self.message, self.edits);
        codec::encode(&key, Attributes { body, written_at })
    }
}
