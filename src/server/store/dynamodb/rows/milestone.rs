//! Row of a milestone, by the sequence number of its message.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Time of a message, by its sequence number. Only some messages have a milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    pub conversation: conversation::Id,
    /// Sequence number of the message.
    pub seq: u64,
    /// Sort key of the message.
    pub at: SortTime,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    /// Sort key of the message.
    message_sk: String,
}

impl Milestone {
    /// Decodes a row; `None` if it is no milestone.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Milestone(conversation, seq) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        Some(Self { conversation, seq, at: SortTime::stored(&row.message_sk)? })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let attributes = Attributes { message_sk: self.at.as_str().to_owned() };
        codec::encode(&Key::Milestone(self.conversation, self.seq), attributes)
    }
}
