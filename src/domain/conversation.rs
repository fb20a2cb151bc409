//! Conversations: their members, their list entries, their contents and their receipts.

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;
use crate::domain::message::{self, Message, SentAt, TextVersion};
use crate::domain::page::Page;
use crate::domain::presence::LastSeen;
use crate::domain::request::Request;
use crate::domain::sorted::SortedMap;
use crate::domain::user::{self, User};

#[cfg(test)]
mod tests;

id_type! {
    /// Identifier of a conversation: `message_group_uuid` in DynamoDB and in URLs.
    Id
}

/// Kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The conversation of two users. Every pair of users has at most one.
    Direct,
    /// A conversation of any number of users, who may have several.
    Group,
}

/// Ids of a conversation's members: at least one, and each only once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members(Vec<user::Id>);

impl Members {
    /// Collects the members, without repeats. `None` if there are none.
    pub fn new(ids: impl IntoIterator<Item = user::Id>) -> Option<Self> {
        let mut members = Vec::new();
        for id in ids {
            if !members.contains(&id) {
                members.push(id);
            }
        }
        (!members.is_empty()).then_some(Self(members))
    }

    /// Returns the ids.
    pub fn ids(&self) -> &[user::Id] {
        &self.0
    }

    /// Returns true if the user is a member.
    pub fn contains(&self, user: user::Id) -> bool {
        self.0.contains(&user)
    }

    /// Returns all members but one.
    pub fn others(&self, me: user::Id) -> Vec<user::Id> {
        self.0.iter().copied().filter(|member| *member != me).collect()
    }
}

/// Entry of a member's conversation list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: Id,
    pub kind: Kind,
    /// All members, with the user who has the entry.
    pub members: Vec<User>,
    /// Text of the newest message. Lists for pages cut it after [`PREVIEW_LEN_MAX`] characters.
    pub preview: String,
    pub last_sent_at: SentAt,
    /// Author of the newest message; unknown in legacy rows.
    pub last_author: Option<user::Id>,
    /// Sequence number of the newest message; 0 if only the old app has written to the conversation.
    pub seq: u64,
    /// Version of the newest message's text. The preview of a deleted message is empty.
    #[serde(default)]
    pub version: TextVersion,
    /// The member's read position.
    pub read: u64,
    /// Sequence number of the newest message whose delivery a page need not report: it has been reported, or no other
    /// member may see it.
    #[serde(default)]
    pub delivered: u64,
    /// Number of times that the member has marked the conversation as unread.
    pub marked: u64,
    /// Value of `marked` when the member last read the conversation. Both counters only grow, so that their values can
    /// be merged in any order.
    pub unmarked: u64,
}

impl Conversation {
    /// The members other than `me`.
    pub fn others(&self, me: user::Id) -> impl Iterator<Item = &User> {
        self.members.iter().filter(move |member| member.id != me)
    }

    /// The other member of a direct conversation; `None` for a group.
    pub fn peer(&self, me: user::Id) -> Option<&User> {
        self.others(me).next().filter(|_| self.kind == Kind::Direct)
    }

    /// Title of the conversation for a member: the names of the others.
    pub fn title(&self, me: user::Id) -> String {
        title(self.others(me))
    }

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

/// Maximum of the number of unread messages in all conversations. A page shows "99+" for it.
pub const UNREAD_COUNT_MAX: u64 = 100;

/// Maximum number of conversations of a user that a search looks at, the newest ones.
pub const SEARCHED_MAX: usize = 1_000;

/// Maximum number of members of a group. Each has an inbox row, and one transaction creates all of them.
pub const GROUP_MEMBERS_MAX: usize = 32;

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

/// Receipts of the members who share theirs with the user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptsByReader(SortedMap<user::Id, Receipts>);

impl ReceiptsByReader {
    /// Merges what an event says about a reader. Readers who do not share their receipts stay unknown.
    pub fn merge(&mut self, reader: user::Id, receipts: Receipts) {
        if let Some(known) = self.0.get_mut(&reader) {
            *known = known.merged(receipts);
        }
    }

    /// Replaces the readers with those of the server's answer, and keeps what events have said about them meanwhile.
    pub fn refresh(&mut self, pulled: Self) {
        let known = std::mem::replace(self, pulled);
        for (reader, receipts) in known.0 {
            self.merge(reader, receipts);
        }
    }

    /// Positions that all these readers have reached; `None` if no member shares receipts.
    pub fn of_all(&self) -> Option<Receipts> {
        self.0.values().copied().reduce(|one, other| Receipts {
            delivered: one.delivered.min(other.delivered),
            read: one.read.min(other.read),
        })
    }
}

impl FromIterator<(user::Id, Receipts)> for ReceiptsByReader {
    fn from_iter<T: IntoIterator<Item = (user::Id, Receipts)>>(readers: T) -> Self {
        Self(readers.into_iter().collect())
    }
}

/// Initial contents of a conversation's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: Id,
    pub kind: Kind,
    /// All members, with the user who opens the page.
    pub members: Vec<User>,
    /// Messages, oldest first. A request without a cursor gets the page that contains the first unread message.
    pub messages: Page<Message>,
    /// Sequence number of the newest message of the conversation, whether or not it is on this page.
    pub newest: u64,
    /// The member's read position.
    pub read: u64,
    /// True if the member had marked the conversation as unread.
    pub marked: bool,
    /// Receipts of the other members who have them turned on; empty if the user has turned them off.
    pub receipts: ReceiptsByReader,
    /// When the other members were last online. Without those who do not show it, and empty if the user does not.
    #[serde(default)]
    pub last_seen: Vec<LastSeen>,
    /// Id for the next message sent from this page. The server makes it so that the form works without WASM.
    pub next_message: message::Id,
    /// True if the user has blocked the other member. A page does not learn of a block by another user.
    #[serde(default)]
    pub has_blocked: bool,
    #[serde(default)]
    pub request: Option<Request>,
}

impl ConversationView {
    /// The members other than `me`.
    pub fn others(&self, me: user::Id) -> impl Iterator<Item = &User> {
        self.members.iter().filter(move |member| member.id != me)
    }

    /// The other member of a direct conversation; `None` for a group.
    pub fn peer(&self, me: user::Id) -> Option<&User> {
        self.others(me).next().filter(|_| self.kind == Kind::Direct)
    }

    /// Title of the conversation for a member: the names of the others.
    pub fn title(&self, me: user::Id) -> String {
        title(self.others(me))
    }

    /// The last read sequence number, if the first unread message is on this page.
    pub fn unread_after(&self, me: user::Id) -> Option<u64> {
        let messages = &self.messages.items;
        let is_unread = |message: &Message| message.seq > self.read && message.author != me;
        let is_next = |first: &Message| first.seq <= self.read + 1;
        let begins_here = self.messages.older.is_none() || messages.iter().find(|it| it.seq > 0).is_some_and(is_next);
        (begins_here && messages.iter().any(is_unread)).then_some(self.read)
    }
}

/// A stored message, as the answer to sending it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    pub conversation: Id,
    pub message: Message,
    /// Revision of the conversation just before the message was read: the message shows at least the changes up to it.
    pub rev: u64,
}

/// One message of a conversation, with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub conversation: Id,
    pub kind: Kind,
    /// All members of the conversation.
    pub members: Vec<User>,
    pub message: Message,
    /// All texts that the message has had, the newest first. Empty if it has been deleted.
    pub versions: Vec<message::Version>,
    /// Until when its author can edit the message; `None` for other users, and if it can no longer be edited.
    pub editable_until: Option<SentAt>,
    /// True if the user has blocked the other member.
    #[serde(default)]
    pub has_blocked: bool,
    #[serde(default)]
    pub is_request: bool,
}

impl MessageView {
    /// The other member of a direct conversation; `None` for a group.
    pub fn peer(&self, me: user::Id) -> Option<&User> {
        self.members.iter().find(|member| member.id != me).filter(|_| self.kind == Kind::Direct)
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
    /// True if the user has blocked the recipient.
    #[serde(default)]
    pub is_blocked: bool,
}

/// Title of a conversation with these users.
pub fn title<'a>(others: impl IntoIterator<Item = &'a User>) -> String {
    others.into_iter().map(|member| member.display_name.as_str()).collect::<Vec<_>>().join(", ")
}
