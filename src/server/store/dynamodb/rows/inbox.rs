//! Row of a conversation in the inbox of one member.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::{MessageRow, codec};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// One member's row of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub owner: user::Id,
    /// Roughly the time of the newest message: some microseconds later if two conversations of the owner would collide.
    pub at: SortTime,
    pub conversation: conversation::Id,
    /// The other member, with their names at the time of writing.
    pub peer: User,
    /// Text of the newest message.
    pub body: String,
    /// Sequence number of the newest message; 0 if the old app wrote the row.
    pub seq: u64,
    /// Author of the newest message; unknown if the old app wrote the row.
    pub last_author: Option<user::Id>,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_group_uuid: conversation::Id,
    /// Text of the newest message.
    message: String,
    /// The other member.
    user_uuid: user::Id,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_handle: String,
    #[serde(default, deserialize_with = "codec::or_default")]
    user_display_name: String,
    /// Sequence number of the newest message.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_zero")]
    seq: u64,
    /// Author of the newest message.
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "Option::is_none")]
    last_user_uuid: Option<user::Id>,
}

impl InboxRow {
    /// Creates a row at a message.
    pub(in crate::server::store::dynamodb) fn new(owner: user::Id, peer: User, newest: &MessageRow) -> Self {
        Self {
            owner,
            at: newest.at.clone(),
            conversation: newest.conversation,
            peer,
            body: newest.body.clone(),
            seq: newest.seq,
            last_author: Some(newest.author.id),
        }
    }

    /// Returns the row moved to a newer message.
    pub(in crate::server::store::dynamodb) fn moved_to(&self, newest: &MessageRow) -> Self {
        let peer = if self.peer.id == newest.author.id { &newest.author } else { &self.peer };
        Self {
            at: self.at.next(newest.at.at()),
            seq: newest.seq.max(self.seq),
            ..Self::new(self.owner, peer.clone(), newest)
        }
    }

    /// Decodes a row; `None` if it is not an inbox row, or an attribute that an inbox row needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Inbox(owner, at) = Key::of(item)? else { return None };
        let row: Attributes = codec::decode(item)?;
        Some(Self {
            owner,
            at,
            conversation: row.message_group_uuid,
            peer: codec::user(row.user_uuid, row.user_handle, row.user_display_name),
            body: row.message,
            seq: row.seq,
            last_author: row.last_user_uuid,
        })
    }

    /// Returns the row's key.
    pub fn key(&self) -> Key {
        Key::Inbox(self.owner, self.at.clone())
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let attributes = Attributes {
            message_group_uuid: self.conversation,
            message: self.body.clone(),
            user_uuid: self.peer.id,
            user_handle: self.peer.handle.to_string(),
            user_display_name: self.peer.display_name.to_string(),
            seq: self.seq,
            last_user_uuid: self.last_author,
        };
        codec::encode(&self.key(), attributes)
    }
}
