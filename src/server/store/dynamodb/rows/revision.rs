//! Row of a change, by the revision of its conversation.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::message::{self, MessageRef};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Revision of a conversation: the change that made it. Pages that have missed changes find the changed messages
/// through these rows. They expire after 30 days, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub conversation: conversation::Id,
    /// Number of the revision, from 1, without gaps.
    pub rev: u64,
    /// Id of the changed message.
    pub message: message::Id,
    /// Sort key of the message at the time of the change. A legacy message may have got another one since.
    pub at: SortTime,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_uuid: message::Id,
    /// Sort key of the changed message.
    message_sk: String,
    /// Expiry time, in seconds since 1970.
    #[serde(default, deserialize_with = "codec::or_default")]
    expires_at: i64,
}

impl Revision {
    /// Decodes a row; `None` if it is no revision.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Revision(conversation, rev) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        Some(Self { conversation, rev, message: row.message_uuid, at: SortTime::stored(&row.message_sk)? })
    }

    /// Encodes the row, which DynamoDB keeps until `expires_at` (seconds since 1970).
    pub fn item(&self, expires_at: i64) -> Item {
        let attributes = Attributes { message_uuid: self.message, message_sk: self.at.as_str().to_owned(), expires_at };
        codec::encode(&Key::Revision(self.conversation, self.rev), attributes)
    }

    /// Returns a reference to the changed message.
    pub fn reference(&self) -> MessageRef {
        MessageRef { id: self.message, sent_at: self.at.sent_at() }
    }
}
