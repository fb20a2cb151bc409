//! Row of two users, with their direct conversation.

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID};

/// The direct conversation of two users. The row makes it the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub conversation: conversation::Id,
}

/// The name differs from that in inbox rows, so that the row is not in their index: the old app's stream handler
/// deletes every row that it finds there.
#[derive(Serialize)]
struct NewAttributes {
    conversation_id: conversation::Id,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default, deserialize_with = "codec::or_default")]
    conversation_id: Option<conversation::Id>,
    /// Name of the attribute in rows that earlier versions wrote.
    #[serde(default, deserialize_with = "codec::or_default")]
    message_group_uuid: Option<conversation::Id>,
}

impl Pair {
    /// Decodes a row; `None` if it has no valid conversation.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Attributes = codec::decode(item)?;
        Some(Self { conversation: row.conversation_id.or(row.message_group_uuid)? })
    }

    /// Encodes the row of two users, who may be given in either order.
    pub fn item(&self, one: user::Id, other: user::Id) -> Item {
        codec::encode(&Key::Pair(one, other), NewAttributes { conversation_id: self.conversation })
    }

    /// Reports whether an earlier version wrote the row, so that it is in the index of the inbox rows.
    pub fn is_in_index(item: &Item) -> bool {
        item.contains_key(MESSAGE_GROUP_UUID)
    }
}
