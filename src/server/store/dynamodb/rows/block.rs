//! Row of the blocks between two users.

use serde::Deserialize;

use crate::domain::user;
use crate::server::store::dynamodb::rows::codec;
use crate::server::store::dynamodb::table::{Item, Key};

/// Blocks between a user and another one. Each of the two has such a row, and both rows hold the same. A block that has
/// been removed leaves a row without users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub owner: user::Id,
    pub peer: user::Id,
    /// The users, of these two, who have blocked the other one.
    pub blocked_by: Vec<user::Id>,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(default)]
    blocked_by: Vec<user::Id>,
}

impl Block {
    /// Decodes a row; `None` if it is no block.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Block(owner, peer) = Key::of(item)? else { return None };
        let mut blocked_by = codec::decode::<Attributes>(item)?.blocked_by;
        blocked_by.sort_unstable();
        Some(Self { owner, peer, blocked_by })
    }

    /// Reports whether one of the two has blocked the other.
    pub fn is_active(&self) -> bool {
        !self.blocked_by.is_empty()
    }
}
