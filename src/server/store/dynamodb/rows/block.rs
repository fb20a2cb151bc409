//! Row of the blocks between two users.

use serde::Deserialize;

use crate::domain::user::{self, User};
use crate::server::store::dynamodb::rows::{NamesAtBlock, codec};
use crate::server::store::dynamodb::table::{Item, Key};

/// Blocks between a user and another one. Each of the two has such a row, and both rows hold the same. A block that has
/// been removed leaves a row without users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub owner: user::Id,
    pub peer: user::Id,
    /// The users, of these two, who have blocked the other one.
    pub blocked_by: Vec<user::Id>,
    /// Names of both at the beginning of the first block that has not been removed.
    pub names: NamesAtBlock,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    blocked_by: Vec<user::Id>,
    #[serde(default, deserialize_with = "codec::or_default")]
    names_at_block: NamesAtBlock,
}

impl Block {
    /// Decodes a row; `None` if it is no block.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Block(owner, peer) = Key::of(item)? else { return None };
        let Attributes { mut blocked_by, names_at_block: names } = codec::decode(item)?;
        blocked_by.sort_unstable();
        Some(Self { owner, peer, blocked_by, names })
    }

    /// Returns two users without a block.
    pub fn none([owner, peer]: [user::Id; 2]) -> Self {
        Self { owner, peer, blocked_by: Vec::new(), names: NamesAtBlock::default() }
    }

    /// Returns the peer with their names at the beginning of the block; `None` without a block, and if the names are
    /// unknown. A version that knows no names leaves them when it removes a block.
    pub fn peer_at_block(&self) -> Option<User> {
        self.names.user(self.peer).filter(|_| self.is_active())
    }

    /// Reports whether one of the two has blocked the other.
    pub fn is_active(&self) -> bool {
        !self.blocked_by.is_empty()
    }
}
