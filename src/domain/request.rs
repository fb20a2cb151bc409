//! Message requests: conversations that one user has started, and the other has not accepted yet.

use serde::{Deserialize, Serialize};

/// Maximum number of messages before the recipient accepts.
pub const REQUEST_MESSAGES_MAX: u64 = 3;

/// Maximum number of requests that a user sees at once, the newest ones.
pub const REQUESTS_MAX: usize = 50;

/// Request, as one of the two members of the conversation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The other member has written to the user.
    Received,
    /// The user has written to the other member.
    Sent {
        /// Number of further messages that the user may send before the other member accepts.
        left: u64,
    },
}

impl Request {
    /// True for a request that the user has received, of a conversation that may be none.
    pub fn is_received(request: Option<Self>) -> bool {
        request == Some(Self::Received)
    }
}
