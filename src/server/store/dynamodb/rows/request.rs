//! Row of a message request.

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key};

/// Conversation that its recipient has not accepted yet. The head decides; this row lists it. Both have such a row
/// until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRow {
    pub owner: user::Id,
    pub conversation: conversation::Id,
    pub peer: user::Id,
    /// The sender: the owner or the peer.
    pub requested_by: user::Id,
    /// True if the owner has deleted the request from their list. The row stays, because they can still read it.
    pub is_deleted: bool,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    peer: user::Id,
    requested_by: user::Id,
    #[serde(default, deserialize_with = "codec::or_default", skip_serializing_if = "codec::is_false")]
    deleted: bool,
}

impl RequestRow {
    /// Decodes a row; `None` if it is no request.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Request(owner, conversation) = Key::of(item)? else { return None };
        let Attributes { peer, requested_by, deleted: is_deleted } = codec::decode(item)?;
        Some(Self { owner, conversation, peer, requested_by, is_deleted })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let Self { owner, conversation, peer, requested_by, is_deleted: deleted } = *self;
        codec::encode(&Key::Request(owner, conversation), Attributes { peer, requested_by, deleted })
    }

    /// Reports whether the request is in the list of those that the owner has received.
    pub fn is_listed(&self) -> bool {
        self.requested_by != self.owner && !self.is_deleted
    }
}
