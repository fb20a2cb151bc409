//! Row of two users, with their direct conversation.

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key};

/// The direct conversation of two users. The row makes it the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub conversation: conversation::Id,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    message_group_uuid: conversation::Id,
}

impl Pair {
    /// Decodes a row; `None` if it has no valid conversation.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Attributes = codec::decode(item)?;
        Some(Self { conversation: row.message_group_uuid })
    }

    /// Encodes the row of two users, who may be given in either order.
    pub fn item(&self, one: user::Id, other: user::Id) -> Item {
        codec::encode(&Key::Pair(one, other), Attributes { message_group_uuid: self.conversation })
    }
}
