//! Events: what a browser is told live.

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::{conversation, user};

/// Something that has happened in a person's conversations. A hint: it may be lost, doubled or late, and whoever hears it
/// asks the server for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A message has been stored.
    MessageSent {
        /// Where.
        conversation: conversation::Id,
        /// What.
        message: Message,
    },
    /// Somebody has read a conversation: the person, on another page of theirs.
    ConversationRead {
        /// Which.
        conversation: conversation::Id,
        /// Who.
        reader: user::Id,
        /// Up to which place.
        seq: u64,
    },
    /// Somebody is writing; nothing says that they stop.
    Typing {
        /// Where.
        conversation: conversation::Id,
        /// Who.
        author: user::Id,
    },
    /// Something may have been missed.
    Resync,
}
