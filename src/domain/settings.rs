//! What a person may choose.

use serde::{Deserialize, Serialize};

/// A person's choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether they show what they have received and read, and see it of others.
    pub receipts: bool,
}
