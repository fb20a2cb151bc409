//! Conversations: two people, and what they wrote to each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::Page;
use crate::domain::user::{self, User};

/// Identifies a conversation: `message_group_uuid` in DynamoDB and in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// One row of a person's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Which conversation.
    pub id: Id,
    /// The other person.
    pub with: User,
    /// The newest message's text; in a list for a page, cut after [`PREVIEW_LEN_MAX`] characters.
    pub preview: String,
    /// When the newest message was sent.
    pub last_sent_at: SentAt,
    /// Who wrote the newest message; unknown in rows that the old app wrote.
    pub last_author: Option<user::Id>,
    /// The place of the newest message; 0 where only the old app has written.
    pub seq: u64,
    /// The place up to which the person has read.
    pub read: u64,
    /// How often the person has marked it as unread.
    pub marked: u64,
    /// How often that was when they read it last. Both only grow, and so may be told in any order.
    pub unmarked: u64,
}

impl Conversation {
    /// How many messages the person has not read yet.
    pub fn unread(&self) -> u64 {
        self.seq.saturating_sub(self.read)
    }

    /// Whether the person wants it to count as unread, and has not opened it since.
    pub fn is_marked(&self) -> bool {
        self.marked > self.unmarked
    }
}

/// The most characters of a message that a list shows.
pub const PREVIEW_LEN_MAX: usize = 140;

/// Of how many conversations at most a page asks at once who is there.
pub const LOOKED_FOR_MAX: usize = 100;

/// How far a person has got in a conversation. Neither place ever goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// The place of the newest message that has reached a page of theirs.
    pub delivered: u64,
    /// The place of the newest message that they have read.
    pub read: u64,
}

impl Receipts {
    /// That everything up to `seq` has reached them.
    pub fn delivered(seq: u64) -> Self {
        Self { delivered: seq, read: 0 }
    }

    /// That they have read everything up to `seq`: so it has reached them, too.
    pub fn read(seq: u64) -> Self {
        Self { delivered: seq, read: seq }
    }

    /// What is known from both: they come in any order.
    pub fn raised(self, by: Self) -> Self {
        Self { delivered: self.delivered.max(by.delivered), read: self.read.max(by.read) }
    }
}

/// What a conversation's page shows at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Which conversation.
    pub id: Id,
    /// The other person.
    pub with: User,
    /// Some messages, oldest first. Where no part was asked for, the unread begin among them.
    pub messages: Page<Message>,
    /// The place of the newest message, shown or not.
    pub newest: u64,
    /// The place up to which the person has read.
    pub read: u64,
    /// Whether the person had marked it as unread.
    pub marked: bool,
    /// How far the other person has got; none where one of the two does not show it.
    pub receipts: Option<Receipts>,
    /// The id for the next message from this page, made by the server so that a form works without WASM.
    pub next_message: message::Id,
}

impl Thread {
    /// Up to which place the person has read, where what is unread by them begins among the messages; none where it begins
    /// elsewhere, or nothing is.
    pub fn unread_after(&self, me: user::Id) -> Option<u64> {
        let messages = &self.messages.items;
        let is_unread = |message: &Message| message.seq > self.read && message.author != me;
        let is_next = |first: &Message| first.seq <= self.read + 1;
        let begins_here = self.messages.older.is_none() || messages.iter().find(|it| it.seq > 0).is_some_and(is_next);
        (begins_here && messages.iter().any(is_unread)).then_some(self.read)
    }
}

/// The person to whom a new conversation would be, before anything is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The other person.
    pub with: User,
    /// The conversation that there already is with them.
    pub conversation: Option<Id>,
    /// The id for the first message from this page.
    pub next_message: message::Id,
}
