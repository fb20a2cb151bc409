//! Row of a member's position in a conversation.

use serde::{Deserialize, Serialize};

use crate::domain::conversation::{self, Receipts};
use crate::domain::user;
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// A member's read cursor in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCursor {
    /// Sequence numbers of the newest delivered and the newest read message.
    pub receipts: Receipts,
    /// Number of times the member has marked the conversation as unread.
    pub marked: u64,
    /// Value of `marked` when the member last read the conversation.
    pub unmarked: u64,
}

/// The attributes that are read. Updates of single attributes write them, besides the times.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    /// Sequence number of the last message read.
    #[serde(deserialize_with = "codec::or_default")]
    seq: u64,
    #[serde(deserialize_with = "codec::or_default")]
    delivered_seq: u64,
    #[serde(deserialize_with = "codec::or_default")]
    marked: u64,
    #[serde(deserialize_with = "codec::or_default")]
    unmarked: u64,
}

#[derive(Serialize)]
struct NewAttributes<'a> {
    seq: u64,
    read_at: &'a str,
}

impl ReadCursor {
    /// Decodes a row; missing attributes count as 0.
    pub fn from_item(item: &Item) -> Self {
        let Attributes { seq, delivered_seq, marked, unmarked } = codec::decode(item).unwrap_or_default();
        Self { receipts: Receipts::delivered(delivered_seq).merged(Receipts::read(seq)), marked, unmarked }
    }

    /// Encodes a new cursor of a member who has read up to `seq`, at this time.
    pub fn new_item(reader: user::Id, conversation: conversation::Id, seq: u64, at: &SortTime) -> Item {
        codec::encode(&Key::ReadCursor(reader, conversation), NewAttributes { seq, read_at: at.as_str() })
    }

    /// Reports whether the conversation is marked as unread.
    pub fn is_marked(&self) -> bool {
        self.marked > self.unmarked
    }
}
