//! Events: what a browser is told live.

use serde::{Deserialize, Serialize};

use crate::domain::conversation::{self, Receipts};
use crate::domain::message::Message;
use crate::domain::user;

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
    /// Somebody has read a conversation: the person, on another page of theirs, or the other one.
    ConversationRead {
        /// Which.
        conversation: conversation::Id,
        /// Who.
        reader: user::Id,
        /// Up to which place.
        seq: u64,
        /// How many marks of the person's this takes back.
        #[serde(default)]
        unmarked: u64,
    },
    /// The person has marked a conversation as unread.
    ConversationMarked {
        /// Which.
        conversation: conversation::Id,
        /// How often they have.
        marked: u64,
    },
    /// Messages have reached a page of the other person.
    MessagesDelivered {
        /// Where.
        conversation: conversation::Id,
        /// Whom.
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
    /// Somebody with whom one writes has a page open, from now on or still.
    PersonArrived {
        /// Who.
        person: user::Id,
    },
    /// These people, with whom one writes, have a page open.
    PeoplePresent {
        /// Who.
        people: Vec<user::Id>,
    },
    /// Somebody with whom one writes has no page open any more.
    PersonLeft {
        /// Who.
        person: user::Id,
    },
    /// Something may have been missed.
    Resync,
}

impl Event {
    /// How far the other person has got in a conversation of `me`, if it tells.
    pub fn receipts(&self, conversation: conversation::Id, me: user::Id) -> Option<Receipts> {
        let (place, who, receipts) = match self {
            Self::MessagesDelivered { conversation, reader, seq } => (conversation, reader, Receipts::delivered(*seq)),
            Self::ConversationRead { conversation, reader, seq, .. } => (conversation, reader, Receipts::read(*seq)),
            // Who answers has read what was there.
            Self::MessageSent { conversation, message } => (conversation, &message.author, Receipts::read(message.seq)),
            _ => return None,
        };
        (*place == conversation && *who != me).then_some(receipts)
    }
}
