//! Row of a message request.

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key};

/// Conversation that its recipient has not accepted yet. The head decides; this row lists it. The sender has such a row
/// until then, and the recipient until they delete it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRow {
    pub owner: user::Id,
    pub conversation: conversation::Id,
    pub peer: user::Id,
    /// The sender: the owner or the peer.
    pub requested_by: user::Id,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    peer: user::Id,
    requested_by: user::Id,
}

impl RequestRow {
    /// Decodes a row; `None` if it is no request.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Request(owner, conversation) = Key::of(item)? else { return None };
        let Attributes { peer, requested_by } = codec::decode(item)?;
        Some(Self { owner, conversation, peer, requested_by })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let Self { owner, conversation, peer, requested_by } = *self;
        codec::encode(&Key::Request(owner, conversation), Attributes { peer, requested_by })
    }

    /// Reports whether the owner has received the request.
    pub fn is_received(&self) -> bool {
        self.requested_by != self.owner
    }
}
