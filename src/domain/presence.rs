//! Presence: who is online, and when a user was last online.

use serde::{Deserialize, Serialize};

use crate::domain::message::SentAt;
use crate::domain::user;

/// Maximum number of conversations per presence query.
pub const PRESENCE_QUERY_MAX: usize = 100;

/// When a user was last online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    pub user: user::Id,
    pub at: SentAt,
}
