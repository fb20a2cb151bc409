//! Rows as DynamoDB has them, and what they say.

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

/// A row whose sort key is a time.
pub(super) trait Timed: Clone {
    /// Its sort key.
    fn at(&self) -> &SortTime;

    /// What is shown once, however many rows stand for it.
    fn shows(&self) -> Uuid;
}

impl Timed for MessageRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn shows(&self) -> Uuid {
        self.id.0
    }
}

impl Timed for InboxRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn shows(&self) -> Uuid {
        self.conversation.0
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Where it was written.
    pub conversation: conversation::Id,
    /// When it was stored: its sort key.
    pub at: SortTime,
    /// Which message.
    pub id: message::Id,
    /// Who wrote it, with the names of then.
    pub author: User,
    /// What it says.
    pub body: String,
    /// Its place in the conversation, from 1; 0 where the old app wrote it.
    pub seq: u64,
}

impl MessageRow {
    /// Reads a row; none for what is not a message, or has lost something that a message needs.
    pub fn read(item: &Item) -> Option<Self> {
        let Key::Message(conversation, at) = Key::of(item)? else { return None };
        Some(Self {
            conversation,
            at,
            id: parse(item, MESSAGE_UUID)?,
            author: person(item)?,
            body: text(item, MESSAGE)?.to_owned(),
            seq: number(item, SEQ).unwrap_or(0),
        })
    }

    /// The row to write.
    pub fn item(&self) -> Item {
        let mut item = Key::Message(self.conversation, self.at.clone()).item();
        set_text(&mut item, MESSAGE_UUID, self.id);
        set_text(&mut item, MESSAGE, &self.body);
        set_person(&mut item, &self.author);
        set_number(&mut item, SEQ, self.seq);
        item
    }

    /// The message as its readers see it.
    pub fn message(self) -> Message {
        Message { id: self.id, author: self.author.id, sent_at: self.at.sent_at(), body: self.body, seq: self.seq }
    }
}

/// A person's row of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Whose list it is in.
    pub owner: user::Id,
    /// About the time of the newest message: later by microseconds where two conversations of the owner would collide.
    pub at: SortTime,
    /// Which conversation.
    pub conversation: conversation::Id,
    /// The other person, with the names of then.
    pub with: User,
    /// What the newest message says.
    pub body: String,
    /// The place of the newest message; 0 where the old app wrote the row.
    pub seq: u64,
    /// Who wrote the newest message; unknown where the old app wrote the row.
    pub last_author: Option<user::Id>,
}

impl InboxRow {
    /// Reads a row; none for what is not an inbox row, or has lost something that one needs.
    pub fn read(item: &Item) -> Option<Self> {
        let Key::Inbox(owner, at) = Key::of(item)? else { return None };
        Some(Self {
            owner,
            at,
            conversation: parse(item, MESSAGE_GROUP_UUID)?,
            with: person(item)?,
            body: text(item, MESSAGE)?.to_owned(),
            seq: number(item, SEQ).unwrap_or(0),
            last_author: parse(item, LAST_USER_UUID),
        })
    }

    /// Where it is.
    pub fn key(&self) -> Key {
        Key::Inbox(self.owner, self.at.clone())
    }

    /// The row to write.
    pub fn item(&self) -> Item {
        let mut item = self.key().item();
        set_text(&mut item, MESSAGE_GROUP_UUID, self.conversation);
        set_text(&mut item, MESSAGE, &self.body);
        set_person(&mut item, &self.with);
        if self.seq > 0 {
            set_number(&mut item, SEQ, self.seq);
        }
        if let Some(author) = self.last_author {
            set_text(&mut item, LAST_USER_UUID, author);
        }
        item
    }
}

/// A conversation's head: who is in it, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The two people.
    pub members: [user::Id; 2],
    /// The place of the newest message.
    pub seq: u64,
    /// The sort key of the newest message.
    pub last: SortTime,
}

impl Head {
    /// Reads a row; none for what is not a head.
    pub fn read(item: &Item) -> Option<Self> {
        let members: Vec<_> = item.get(MEMBERS)?.as_ss().ok()?.iter().filter_map(|id| id.parse().ok()).collect();
        Some(Self {
            members: members.try_into().ok()?,
            seq: number(item, SEQ)?,
            last: SortTime::stored(text(item, LAST_SK)?)?,
        })
    }

    /// The row to write.
    pub fn item(&self, conversation: conversation::Id) -> Item {
        let mut item = Key::Head(conversation).item();
        let members = self.members.iter().map(ToString::to_string).collect();
        item.insert(MEMBERS.to_owned(), AttributeValue::Ss(members));
        set_number(&mut item, SEQ, self.seq);
        set_text(&mut item, LAST_SK, self.last.as_str());
        item
    }
}

/// The send marker of a message that is stored as `row`, to be kept until `expires_at` (seconds since 1970).
pub fn marker(row: &MessageRow, expires_at: i64) -> Item {
    let mut item = Key::Marker(row.conversation, row.id).item();
    set_text(&mut item, MESSAGE_SK, row.at.as_str());
    set_number(&mut item, SEQ, row.seq);
    set_number(&mut item, EXPIRES_AT, expires_at);
    item
}

/// The row that says which conversation two people have.
pub fn pair(one: user::Id, other: user::Id, conversation: conversation::Id) -> Item {
    let mut item = Key::Pair(one, other).item();
    set_text(&mut item, MESSAGE_GROUP_UUID, conversation);
    item
}

/// How far a person has read in a conversation, and since when.
pub fn read_cursor(reader: user::Id, conversation: conversation::Id, seq: u64, at: &SortTime) -> Item {
    let mut item = Key::Read(reader, conversation).item();
    set_number(&mut item, SEQ, seq);
    set_text(&mut item, READ_AT, at.as_str());
    item
}

/// How far a person has got in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCursor {
    /// What has arrived, and what they have read.
    pub receipts: Receipts,
    /// How often they have marked it as unread.
    pub marked: u64,
    /// How often that was when they read it last.
    pub unmarked: u64,
}

impl ReadCursor {
    /// Reads a row; what it does not say is 0.
    pub fn read(item: &Item) -> Self {
        let place = |name| number(item, name).unwrap_or(0);
        Self {
            receipts: Receipts::delivered(place(DELIVERED_SEQ)).raised(Receipts::read(place(SEQ))),
            marked: place(MARKED),
            unmarked: place(UNMARKED),
        }
    }

    /// Whether it is marked as unread.
    pub fn is_marked(&self) -> bool {
        self.marked > self.unmarked
    }
}

/// The text of an attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number in an attribute.
pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// What the text of an attribute stands for.
pub fn parse<T: FromStr>(item: &Item, name: &str) -> Option<T> {
    text(item, name)?.parse().ok()
}

fn person(item: &Item) -> Option<User> {
    Some(User {
        id: parse(item, USER_UUID)?,
        handle: Handle::stored(text(item, USER_HANDLE).unwrap_or_default().to_owned()),
        display_name: DisplayName::stored(text(item, USER_DISPLAY_NAME).unwrap_or_default().to_owned()),
    })
}

fn set_person(item: &mut Item, person: &User) {
    set_text(item, USER_UUID, person.id);
    set_text(item, USER_HANDLE, &person.handle);
    set_text(item, USER_DISPLAY_NAME, &person.display_name);
}

fn set_text(item: &mut Item, name: &str, value: impl Display) {
    item.insert(name.to_owned(), AttributeValue::S(value.to_string()));
}

fn set_number(item: &mut Item, name: &str, value: impl Display) {
    item.insert(name.to_owned(), AttributeValue::N(value.to_string()));
}
