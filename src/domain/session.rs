//! Sessions of a user, as the user sees them.

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;
use crate::domain::message::SentAt;

id_type! {
    /// Name of a session: `sessions.uuid` in PostgreSQL. It signs no user in.
    Id
}

/// Maximum number of sessions in a list.
pub const LISTED_MAX: usize = 50;

/// Session of a signed-in user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: Id,
    pub device: Device,
    /// Client address of the last recorded visit; of an IPv6 address, its network.
    pub address: Option<String>,
    /// Place of this address, such as `Lisbon, Portugal`. `None` if no proxy tells it.
    #[serde(default)]
    pub place: Option<String>,
    pub started_at: SentAt,
    /// Time of the last recorded visit, which may be some minutes before the last request.
    pub last_used_at: SentAt,
    /// True for the session that has asked for the list.
    pub is_current: bool,
}

/// Device of a session, as far as its browser tells: names of products.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub browser: Option<String>,
    pub system: Option<String>,
}
