//! The codec of rows: attributes to values, and back.

use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::domain::conversation::{self, Receipts};
use crate::domain::message::{self, Message};
use crate::domain::user::{self, DisplayName, Handle, User};
use crate::server::store::dynamodb::table::{
    DELIVERED_SEQ, EXPIRES_AT, Item, Key, LAST_SK, LAST_USER_UUID, MARKED, MEMBERS, MESSAGE, MESSAGE_GROUP_UUID,
    MESSAGE_SK, MESSAGE_UUID, READ_AT, SEQ, SortTime, UNMARKED, USER_DISPLAY_NAME, USER_HANDLE, USER_UUID,
};

/// A row with a time as its sort key.
pub(super) trait Timed: Clone {
    fn at(&self) -> &SortTime;

    /// Id of the message or conversation that the row stands for. A page shows each of them once, however many rows it
    /// has.
    fn entity_id(&self) -> Uuid;
}

impl Timed for MessageRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn entity_id(&self) -> Uuid {
        self.id.0
    }
}

impl Timed for InboxRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn entity_id(&self) -> Uuid {
        self.conversation.0
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub conversation: conversation::Id,
    /// Time when it was stored: its sort key.
    pub at: SortTime,
    pub id: message::Id,
    /// Author, with their names at the time of writing.
    pub author: User,
    pub body: String,
    /// Sequence number, from 1; 0 if the old app wrote the row.
    pub seq: u64,
}

impl MessageRow {
    /// Decodes a row; `None` if it is not a message, or an attribute that a message needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Message(conversation, at) = Key::of(item)? else { return None };
        Some(Self {
            conversation,
            at,
            id: parse(item, MESSAGE_UUID)?,
            author: user(item)?,
            body: text(item, MESSAGE)?.to_owned(),
            seq: number(item, SEQ).unwrap_or(0),
        })
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let mut item = Key::Message(self.conversation, self.at.clone()).item();
        set_text(&mut item, MESSAGE_UUID, self.id);
        set_text(&mut item, MESSAGE, &self.body);
        set_user(&mut item, &self.author);
        set_number(&mut item, SEQ, self.seq);
        item
    }

    /// Converts the row to the message that clients see.
    pub fn into_message(self) -> Message {
        Message { id: self.id, author: self.author.id, sent_at: self.at.sent_at(), body: self.body, seq: self.seq }
    }
}

/// One member's row of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub owner: user::Id,
    /// Roughly the time of the newest message: some microseconds later if two conversations of the owner would collide.
    pub at: SortTime,
    pub conversation: conversation::Id,
    /// The other member, with their names at the time of writing.
    pub peer: User,
    /// Text of the newest message.
    pub body: String,
    /// Sequence number of the newest message; 0 if the old app wrote the row.
    pub seq: u64,
    /// Author of the newest message; unknown if the old app wrote the row.
    pub last_author: Option<user::Id>,
}

impl InboxRow {
    /// Creates a row at a message.
    pub(super) fn new(owner: user::Id, peer: User, newest: &MessageRow) -> Self {
        Self {
            owner,
            at: newest.at.clone(),
            conversation: newest.conversation,
            peer,
            body: newest.body.clone(),
            seq: newest.seq,
            last_author: Some(newest.author.id),
        }
    }

    /// Returns the row moved to a newer message.
    pub(super) fn moved_to(&self, newest: &MessageRow) -> Self {
        let peer = if self.peer.id == newest.author.id { &newest.author } else { &self.peer };
        Self {
            at: self.at.next(newest.at.at()),
            seq: newest.seq.max(self.seq),
            ..Self::new(self.owner, peer.clone(), newest)
        }
    }

    /// Decodes a row; `None` if it is not an inbox row, or an attribute that an inbox row needs is missing.
    pub fn from_item(item: &Item) -> Option<Self> {
        let Key::Inbox(owner, at) = Key::of(item)? else { return None };
        Some(Self {
            owner,
            at,
            conversation: parse(item, MESSAGE_GROUP_UUID)?,
            peer: user(item)?,
            body: text(item, MESSAGE)?.to_owned(),
            seq: number(item, SEQ).unwrap_or(0),
            last_author: parse(item, LAST_USER_UUID),
        })
    }

    /// Returns the row's key.
    pub fn key(&self) -> Key {
        Key::Inbox(self.owner, self.at.clone())
    }

    /// Encodes the row.
    pub fn item(&self) -> Item {
        let mut item = self.key().item();
        set_text(&mut item, MESSAGE_GROUP_UUID, self.conversation);
        set_text(&mut item, MESSAGE, &self.body);
        set_user(&mut item, &self.peer);
        if self.seq > 0 {
            set_number(&mut item, SEQ, self.seq);
        }
        if let Some(author) = self.last_author {
            set_text(&mut item, LAST_USER_UUID, author);
        }
        item
    }
}

/// Head of a conversation: its members and its newest message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub members: [user::Id; 2],
    /// Sequence number of the newest message.
    pub seq: u64,
    /// Sort key of the newest message.
    pub last: SortTime,
}

impl Head {
    /// Decodes a row; `None` if it is not a head.
    pub fn from_item(item: &Item) -> Option<Self> {
        let members: Vec<_> = item.get(MEMBERS)?.as_ss().ok()?.iter().filter_map(|id| id.parse().ok()).collect();
        Some(Self {
            members: members.try_into().ok()?,
            seq: number(item, SEQ)?,
            last: SortTime::stored(text(item, LAST_SK)?)?,
        })
    }

    /// Encodes the row.
    pub fn item(&self, conversation: conversation::Id) -> Item {
        let mut item = Key::Head(conversation).item();
        let members = self.members.iter().map(ToString::to_string).collect();
        item.insert(MEMBERS.to_owned(), AttributeValue::Ss(members));
        set_number(&mut item, SEQ, self.seq);
        set_text(&mut item, LAST_SK, self.last.as_str());
        item
    }
}

/// Encodes the send marker of the message stored as `row`, which DynamoDB keeps until `expires_at` (seconds since
/// 1970).
pub fn send_marker(row: &MessageRow, expires_at: i64) -> Item {
    let mut item = Key::SendMarker(row.conversation, row.id).item();
    set_text(&mut item, MESSAGE_SK, row.at.as_str());
    set_number(&mut item, SEQ, row.seq);
    set_number(&mut item, EXPIRES_AT, expires_at);
    item
}

/// Encodes the row with the id of the direct conversation between two users.
pub fn pair(one: user::Id, other: user::Id, conversation: conversation::Id) -> Item {
    let mut item = Key::Pair(one, other).item();
    set_text(&mut item, MESSAGE_GROUP_UUID, conversation);
    item
}

/// Encodes a member's read position in a conversation, and the time when it was set.
pub fn read_cursor(reader: user::Id, conversation: conversation::Id, seq: u64, at: &SortTime) -> Item {
    let mut item = Key::ReadCursor(reader, conversation).item();
    set_number(&mut item, SEQ, seq);
    set_text(&mut item, READ_AT, at.as_str());
    item
}

/// A member's read cursor in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCursor {
    /// Sequence numbers of the newest delivered and the newest read message.
    pub receipts: Receipts,
    /// Number of times the member has marked the conversation as unread.
    pub marked: u64,
    /// Value of `marked` when the member last read the conversation.
    pub unmarked: u64,
}

impl ReadCursor {
    /// Decodes a row; missing attributes count as 0.
    pub fn from_item(item: &Item) -> Self {
        let number_or_zero = |name| number(item, name).unwrap_or(0);
        Self {
            receipts: Receipts::delivered(number_or_zero(DELIVERED_SEQ)).merged(Receipts::read(number_or_zero(SEQ))),
            marked: number_or_zero(MARKED),
            unmarked: number_or_zero(UNMARKED),
        }
    }

    /// Reports whether the conversation is marked as unread.
    pub fn is_marked(&self) -> bool {
        self.marked > self.unmarked
    }
}

/// Returns the text of an attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Returns the number in an attribute.
pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Parses the text of an attribute.
pub fn parse<T: FromStr>(item: &Item, name: &str) -> Option<T> {
    text(item, name)?.parse().ok()
}

fn user(item: &Item) -> Option<User> {
    Some(User {
        id: parse(item, USER_UUID)?,
        handle: Handle::stored(text(item, USER_HANDLE).unwrap_or_default().to_owned()),
        display_name: DisplayName::stored(text(item, USER_DISPLAY_NAME).unwrap_or_default().to_owned()),
    })
}

fn set_user(item: &mut Item, user: &User) {
    set_text(item, USER_UUID, user.id);
    set_text(item, USER_HANDLE, &user.handle);
    set_text(item, USER_DISPLAY_NAME, &user.display_name);
}

fn set_text(item: &mut Item, name: &str, value: impl Display) {
    item.insert(name.to_owned(), AttributeValue::S(value.to_string()));
}

fn set_number(item: &mut Item, name: &str, value: impl Display) {
    item.insert(name.to_owned(), AttributeValue::N(value.to_string()));
}
