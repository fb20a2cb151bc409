//! Events: live updates sent to browsers.

use serde::{Deserialize, Serialize};

use crate::domain::conversation::{self, Receipts};
use crate::domain::message::{Message, SentAt};
use crate::domain::user;

/// Change in a user's conversations. An event is a hint: it may be lost, repeated or late, so the page asks the server
/// for anything it has missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message has been stored.
    MessageSent {
        conversation: conversation::Id,
        message: Message,
        /// Revision of the conversation just before the message was sent. The message and its quote show at least the
        /// changes up to it.
        #[serde(default)]
        rev: u64,
    },
    /// A message has been edited or deleted, or a member has reacted to it. The event has the new state, and `changed`
    /// of the message is the revision of the change.
    MessageChanged { conversation: conversation::Id, message: Message },
    /// A member has read a conversation: the recipient of the event, on another page, or another member.
    ConversationRead {
        conversation: conversation::Id,
        reader: user::Id,
        /// The reader's new read position.
        seq: u64,
        /// The reader's new `unmarked` counter, which clears the unread mark; 0 for the other members.
        #[serde(default)]
        unmarked: u64,
    },
    /// The recipient of the event has marked a conversation as unread on another page.
    ConversationMarked {
        conversation: conversation::Id,
        /// New value of the `marked` counter.
        marked: u64,
    },
    /// Messages up to `seq` have reached a page of another member.
    MessagesDelivered { conversation: conversation::Id, reader: user::Id, seq: u64 },
    /// Another member is typing. No event marks the end; the page lets the indicator expire.
    Typing { conversation: conversation::Id, author: user::Id },
    /// Another member of a conversation has a page open. The event is sent at the start and repeated periodically.
    PersonArrived { person: user::Id },
    /// The listed members of the recipient's conversations have a page open.
    PeoplePresent { people: Vec<user::Id> },
    /// Another member of a conversation has closed the last page, at this time. Without a time the member no longer
    /// shows presence, at least not to the recipient of the event.
    PersonLeft {
        person: user::Id,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<SentAt>,
    },
    /// The recipient of the event has blocked a user, or removed the block, on this or another page.
    BlockChanged { by: user::Id, user: user::Id, on: bool },
    /// There is no block between two users any more, or one has accepted the request of the other. Only servers get
    /// this event.
    BlockEnded { pair: [user::Id; 2] },
    /// The recipient of the event has switched presence on or off, on this or another page.
    PresenceSwitched { of: user::Id, on: bool },
    /// Events may have been lost: the page reloads its state.
    Resync,
}

impl Event {
    /// True if the event tells which users are online.
    pub fn is_presence(&self) -> bool {
        matches!(self, Self::PersonArrived { .. } | Self::PeoplePresent { .. } | Self::PersonLeft { .. })
    }

    /// True if the event has no value later: a page that missed it needs no replay.
    pub fn is_momentary(&self) -> bool {
        match self {
            Self::Typing { .. } | Self::PersonArrived { .. } | Self::PeoplePresent { .. } | Self::PersonLeft { .. } => {
                true
            }
            Self::MessageSent { .. } | Self::MessageChanged { .. } => false,
            Self::ConversationRead { .. } | Self::ConversationMarked { .. } => false,
            Self::MessagesDelivered { .. } | Self::Resync => false,
            Self::BlockChanged { .. } | Self::BlockEnded { .. } | Self::PresenceSwitched { .. } => false,
        }
    }

    /// The reader among the other members of the conversation, and their receipts, if the event carries any.
    pub fn receipts(&self, conversation: conversation::Id, me: user::Id) -> Option<(user::Id, Receipts)> {
        let (subject, reader, receipts) = match self {
            Self::MessagesDelivered { conversation, reader, seq } => (conversation, reader, Receipts::delivered(*seq)),
            Self::ConversationRead { conversation, reader, seq, .. } => (conversation, reader, Receipts::read(*seq)),
            // A member who sends a message has read everything before it.
            Self::MessageSent { conversation, message, .. } => {
                (conversation, &message.author, Receipts::read(message.seq))
            }
            Self::MessageChanged { .. } | Self::ConversationMarked { .. } | Self::Typing { .. } | Self::Resync => {
                return None;
            }
            Self::PersonArrived { .. } | Self::PeoplePresent { .. } | Self::PersonLeft { .. } => return None,
            Self::BlockChanged { .. } | Self::BlockEnded { .. } | Self::PresenceSwitched { .. } => return None,
        };
        (*subject == conversation && *reader != me).then_some((*reader, receipts))
    }
}
