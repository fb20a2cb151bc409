//! User settings.

use serde::{Deserialize, Serialize};

/// Settings of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Receipts are on: the user's are shown to others, and others' to the user. Off means neither.
    pub receipts: bool,
    /// Presence is on: others see when the user is online, and the user sees it of them. Off means neither.
    pub presence: bool,
}
