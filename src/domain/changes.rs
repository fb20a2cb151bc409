//! Changes of the messages of a conversation: edits, deletions and reactions.

use serde::{Deserialize, Serialize};

use crate::domain::message::{Message, MessageRef};

/// Maximum number of changes in one response.
pub const CHANGES_MAX: usize = 100;

/// Maximum number of messages that a page reloads at once: as many as it keeps.
pub const RELOAD_MAX: usize = 300;

/// Changes after a revision of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The changed messages, each once and in its current state.
    pub messages: Vec<Message>,
    /// Revision up to which `messages` shows all changes.
    pub rev: u64,
    /// True if there may be changes after `rev`.
    pub has_more: bool,
    /// True if rows of changes have expired, so that changes are missing. The page must reload the messages that it
    /// shows.
    pub is_trimmed: bool,
}

/// A message as a user sees it who deletes it or reacts to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMessage {
    pub reference: MessageRef,
    /// Number of edits that the user has seen, if their page says so.
    pub edits: Option<u32>,
}
