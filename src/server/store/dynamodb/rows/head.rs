//! Row of a conversation: its head.

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key, SortTime};

/// Head of a conversation: its members and its newest message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub members: [user::Id; 2],
    /// Sequence number of the newest message.
    pub seq: u64,
    /// Sort key of the newest message.
    pub last: SortTime,
}

#[derive(Serialize, Deserialize)]
struct Attributes {
    #[serde(with = "serde_dynamo::string_set")]
    members: Vec<String>,
    /// Sequence number of the newest message.
    seq: u64,
    /// Sort key of the newest message.
    last_sk: String,
}

impl Head {
    /// Decodes a row; `None` if it is not a head.
    pub fn from_item(item: &Item) -> Option<Self> {
        let row: Attributes = codec::decode(item)?;
        let members: Vec<_> = row.members.iter().filter_map(|id| id.parse().ok()).collect();
        Some(Self { members: members.try_into().ok()?, seq: row.seq, last: SortTime::stored(&row.last_sk)? })
    }

    /// Encodes the row.
    pub fn item(&self, conversation: conversation::Id) -> Item {
        let attributes = Attributes {
            members: self.members.iter().map(ToString::to_string).collect(),
            seq: self.seq,
            last_sk: self.last.as_str().to_owned(),
        };
        codec::encode(&Key::Head(conversation), attributes)
    }
}
