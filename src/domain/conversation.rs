//! Direct conversations: their list entries, their contents and their read positions.

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::Page;
use crate::domain::user::{self, User};

id_type! {
    /// Identifier of a conversation: `message_group_uuid` in DynamoDB and in URLs.
    Id
}

/// Entry of a member's conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: Id,
    /// The other member.
    pub with: User,
    /// Text of the newest message. Lists for pages cut it after [`PREVIEW_LEN_MAX`] characters.
    pub preview: String,
    pub last_sent_at: SentAt,
    /// Author of the newest message; unknown in legacy rows.
    pub last_author: Option<user::Id>,
    /// Sequence number of the newest message; 0 if only the old app has written to the conversation.
    pub seq: u64,
    /// The member's read position.
    pub read: u64,
    /// Number of times that the member has marked the conversation as unread.
    pub marked: u64,
    /// Value of `marked` when the member last read the conversation. Both counters only grow, so that their values can
    /// be merged in any order.
    pub unmarked: u64,
}

impl Conversation {
    /// Number of messages beyond the member's read position.
    pub fn unread(&self) -> u64 {
        self.seq.saturating_sub(self.read)
    }

    /// True if the member has marked the conversation as unread and has not opened it since.
    pub fn is_marked(&self) -> bool {
        self.marked > self.unmarked
    }
}

/// Maximum number of characters in a message preview.
pub const PREVIEW_LEN_MAX: usize = 140;

/// Maximum number of conversations per presence query.
pub const PRESENCE_QUERY_MAX: usize = 100;

/// Positions up to which a member has received and read a conversation. Neither position ever goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// Sequence number of the newest message that has reached a page of the member.
    pub delivered: u64,
    /// Sequence number of the newest message that the member has read.
    pub read: u64,
}

impl Receipts {
    /// Receipts of a member who has received everything up to `seq`.
    pub fn delivered(seq: u64) -> Self {
        Self { delivered: seq, read: 0 }
    }

    /// Receipts of a member who has read everything up to `seq`, and has therefore received it.
    pub fn read(seq: u64) -> Self {
        Self { delivered: seq, read: seq }
    }

    /// Merges two observations, which may arrive in any order: the higher position wins.
    pub fn merged(self, other: Self) -> Self {
        Self { delivered: self.delivered.max(other.delivered), read: self.read.max(other.read) }
    }
}

/// Initial contents of a conversation's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: Id,
    /// The other member.
    pub with: User,
    /// Messages, oldest first. A request without a cursor gets the page that contains the first unread message.
    pub messages: Page<Message>,
    /// Sequence number of the newest message of the conversation, whether or not it is on this page.
    pub newest: u64,
    /// The member's read position.
    pub read: u64,
    /// True if the member had marked the conversation as unread.
    pub marked: bool,
    /// The other member's receipts; `None` if either member has turned receipts off.
    pub receipts: Option<Receipts>,
    /// Id for the next message sent from this page. The server makes it so that the form works without WASM.
    pub next_message: message::Id,
}

impl ConversationView {
    /// The last read sequence number, if the first unread message is on this page.
    pub fn unread_after(&self, me: user::Id) -> Option<u64> {
        let messages = &self.messages.items;
        let is_unread = |message: &Message| message.seq > self.read && message.author != me;
        let is_next = |first: &Message| first.seq <= self.read + 1;
        let begins_here = self.messages.older.is_none() || messages.iter().find(|it| it.seq > 0).is_some_and(is_next);
        (begins_here && messages.iter().any(is_unread)).then_some(self.read)
    }
}

/// Recipient of a first message, before the conversation exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub with: User,
    /// The conversation with this user, if there already is one.
    pub conversation: Option<Id>,
    /// Id for the first message sent from this page.
    pub next_message: message::Id,
}
