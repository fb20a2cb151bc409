//! Row of a message that has been sent, by its id.

use serde::{Deserialize, Serialize};

use crate::server::store::dynamodb::rows::{MessageRow, codec};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Marker of a message that has been sent. A retry finds the stored message through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMarker {
    /// Sort key of the stored message.
    pub at: SortTime,
}

#[derive(Serialize)]
struct Attributes<'a> {
    /// Sort key of the stored message.
    message_sk: &'a str,
    seq: u64,
    /// Expiry time, in seconds since 1970. DynamoDB may delete the marker afterwards.
    expires_at: i64,
}

/// The attribute that a retry needs. Nothing reads the others.
#[derive(Deserialize)]
struct Needed {
    message_sk: String,
}

impl SendMarker {
    /// Decodes a row; `None` if it has no valid time.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Needed = codec::decode(item)?;
        Some(Self { at: SortTime::stored(&row.message_sk)? })
    }

    /// Encodes the marker of the message stored as `row`, which DynamoDB keeps until `expires_at` (seconds since 1970).
    pub fn item(row: &MessageRow, expires_at: i64) -> Item {
        let attributes = Attributes { message_sk: row.at.as_str(), seq: row.seq, expires_at };
        codec::encode(&Key::SendMarker(row.conversation, row.id), attributes)
    }
}
