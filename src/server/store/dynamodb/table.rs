//! The single DynamoDB table: its keys, and the attributes that expressions name. No other module spells a key. All
//! attributes of a row are the fields of its struct in `rows/`.
//!
//! Rows of conversations and messages are those of the old app, including their names. The sort keys of all other rows
//! begin with a letter, so that the old app's `begins_with(sk, year)` never matches them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use time::format_description::well_known::Rfc3339;
use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::domain::message::SentAt;
use crate::domain::{conversation, message, user};

#[cfg(test)]
mod tests;

/// Name of the hash key.
pub const PK: &str = "pk";
/// Name of the range key.
pub const SK: &str = "sk";
/// Id of a message.
pub const MESSAGE_UUID: &str = "message_uuid";
/// Id of a conversation.
pub const MESSAGE_GROUP_UUID: &str = "message_group_uuid";
/// Author of a message; in an inbox row, the *other* member.
pub const USER_UUID: &str = "user_uuid";
/// In a message, its sequence number, from 1. In a head or an inbox row, that of the newest message. In a read cursor,
/// that of the last message read.
pub const SEQ: &str = "seq";
/// In a head: sort key of the newest message.
pub const LAST_SK: &str = "last_sk";
/// In a head: number of the changes of its messages.
pub const REV: &str = "rev";
/// In a message or an inbox row: the current text.
pub const MESSAGE: &str = "message";
/// In a message: revision of its last change.
pub const CHANGED: &str = "changed";
/// In a message: number of edits.
pub const EDITS: &str = "edits";
/// In a message: time of the last edit.
pub const EDITED_AT: &str = "edited_at";
/// In a message: time of the deletion.
pub const DELETED_AT: &str = "deleted_at";
/// In a message: the message that it answers.
pub const REPLY_TO: &str = "reply_to";
/// In a message: the reactions, in the order of their first use.
pub const REACTIONS: &str = "reactions";
/// In an inbox row: version of the text.
pub const VERSION: &str = "version";
/// In a send marker: expiry time, in seconds since 1970. DynamoDB may delete the marker afterwards.
pub const EXPIRES_AT: &str = "expires_at";
/// In a head or the row of a block: the users, of the two members, who have blocked the other one. DynamoDB removes the
/// attribute with the last of them.
pub const BLOCKED_BY: &str = "blocked_by";
/// In a head or the row of a block: the names of both users when the first of these blocks began.
pub const NAMES_AT_BLOCK: &str = "names_at_block";
/// In a head: the member whose request the other one has not accepted yet.
pub const REQUESTED_BY: &str = "requested_by";
/// In a head: the members whose accounts have been deleted.
pub const DELETED_MEMBERS: &str = "deleted_members";
/// In a request: true if its recipient has deleted it from their list.
pub const DELETED: &str = "deleted";
/// In a message or an inbox row: handle of the user at the time of writing.
pub const USER_HANDLE: &str = "user_handle";
/// In a message or an inbox row: name of the user at the time of writing.
pub const USER_DISPLAY_NAME: &str = "user_display_name";
/// In the row of a block: time at which one of the two has last blocked the other.
pub const BLOCKED_AT: &str = "blocked_at";
/// In a read cursor: time of the last move of [`SEQ`].
pub const READ_AT: &str = "read_at";
/// In a read cursor: sequence number of the newest message that has reached a page of the member.
pub const DELIVERED_SEQ: &str = "delivered_seq";
/// In a read cursor: time of the last move of [`DELIVERED_SEQ`].
pub const DELIVERED_AT: &str = "delivered_at";
/// In a read cursor: number of times the member has marked the conversation as unread.
pub const MARKED: &str = "marked";
/// In a read cursor: value of [`MARKED`] when the member last read the conversation.
pub const UNMARKED: &str = "unmarked";

/// Index for finding the inbox rows of a conversation.
pub const GROUP_INDEX: &str = "message-group-sk-index";

/// Bounds between which every time sorts, and no other sort key of this table.
pub const TIMES: (&str, &str) = ("0", ":");

/// Prefix of the sort key of every read cursor.
pub const READ_PREFIX: &str = "READ#";

/// Prefix of the sort key of every revision.
pub const REVISION_PREFIX: &str = "REV#";

/// Prefix of the sort key of every block.
pub const BLOCK_PREFIX: &str = "BLOCK#";

/// Bounds between which the blocks and the read cursors of a user sort, and no other row of theirs: one query reads
/// both.
pub const BLOCKS_AND_CURSORS: (&str, &str) = ("BLOCK#", "READ$");

/// Prefix of the sort key of every request.
pub const REQUEST_PREFIX: &str = "REQ#";

/// A row, as the SDK represents it.
pub type Item = HashMap<String, AttributeValue>;

/// Returns the text of an attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Message: `MSG#<group>`, time.
    Message(conversation::Id, SortTime),
    /// Inbox row of a member: `GRP#<user>`, time of the newest message.
    Inbox(user::Id, SortTime),
    /// Head of a conversation: `MSG#<group>`, `HEAD`.
    Head(conversation::Id),
    /// Marker of a message that has been sent, so that a retry does not store it again: `MSG#<group>`, `CID#<message>`.
    SendMarker(conversation::Id, message::Id),
    /// Change of a message: `MSG#<group>`, `REV#<revision, 12 digits>`.
    Revision(conversation::Id, u64),
    /// Earlier text of an edited message, by the number of edits before it: `MSG#<group>`, `HIST#<message>#<2 digits>`.
    /// By the id of the message, because numbering and migration change the time of a legacy message.
    EarlierText(conversation::Id, message::Id, u32),
    /// Milestone: `MSG#<group>`, `SEQ#<sequence number, 12 digits>`.
    Milestone(conversation::Id, u64),
    /// Read cursor of a member: `GRP#<user>`, `READ#<group>`.
    ReadCursor(user::Id, conversation::Id),
    /// Direct conversation of two users, who may be given in either order: `PAIR#<lower>#<higher>`, `HEAD`.
    Pair(user::Id, user::Id),
    /// Blocks between a user and another one: `GRP#<user>`, `BLOCK#<other user>`. Both have such a row.
    Block(user::Id, user::Id),
    /// Request that concerns a user, who has sent or received it: `GRP#<user>`, `REQ#<group>`. No inbox row, so that
    /// the old app does not list it, and without the conversation's id as an attribute, so that the index does not have
    /// it.
    Request(user::Id, conversation::Id),
    /// Mark of a table without legacy rows that wait for migration: `TABLE#`, `ADOPTED`.
    Migrated,
}

impl Key {
    /// Returns the partition with a conversation's messages.
    pub fn messages(conversation: conversation::Id) -> String {
        format!("MSG#{conversation}")
    }

    /// Returns the partition with a user's inbox rows.
    pub fn inbox(owner: user::Id) -> String {
        format!("GRP#{owner}")
    }

    /// Returns the prefix of the sort keys of a message's earlier texts.
    pub fn earlier_texts(message: message::Id) -> String {
        format!("HIST#{message}#")
    }

    /// Returns the hash key and the range key.
    pub fn text(&self) -> (String, String) {
        match self {
            Self::Message(conversation, at) => (Self::messages(*conversation), at.as_str().to_owned()),
            Self::Inbox(owner, at) => (Self::inbox(*owner), at.as_str().to_owned()),
            Self::Head(conversation) => (Self::messages(*conversation), "HEAD".to_owned()),
            Self::SendMarker(conversation, message) => (Self::messages(*conversation), format!("CID#{message}")),
            Self::Revision(conversation, rev) => (Self::messages(*conversation), format!("{REVISION_PREFIX}{rev:012}")),
            Self::EarlierText(conversation, message, edits) => {
                (Self::messages(*conversation), format!("{}{edits:02}", Self::earlier_texts(*message)))
            }
            Self::Milestone(conversation, seq) => (Self::messages(*conversation), format!("SEQ#{seq:012}")),
            Self::ReadCursor(owner, conversation) => (Self::inbox(*owner), format!("{READ_PREFIX}{conversation}")),
            Self::Pair(one, other) => (format!("PAIR#{}#{}", one.min(other), one.max(other)), "HEAD".to_owned()),
            Self::Block(owner, peer) => (Self::inbox(*owner), format!("{BLOCK_PREFIX}{peer}")),
            Self::Request(owner, conversation) => (Self::inbox(*owner), format!("{REQUEST_PREFIX}{conversation}")),
            Self::Migrated => ("TABLE#".to_owned(), "ADOPTED".to_owned()),
        }
    }

    /// Returns the key as attributes.
    pub fn item(&self) -> Item {
        let (pk, sk) = self.text();
        HashMap::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
    }

    /// Parses a row's key; `None` if the row is not ours, such as a message in one of the old app's rooms, which are
    /// named by a handle.
    pub fn of(item: &Item) -> Option<Self> {
        Self::parse(text(item, PK)?, text(item, SK)?)
    }

    /// Returns the handle that names the old app's room in which this row is a message.
    pub fn legacy_room(item: &Item) -> Option<&str> {
        text(item, PK)?.strip_prefix("MSG#@")
    }

    fn parse(pk: &str, sk: &str) -> Option<Self> {
        let (kind, rest) = pk.split_once('#')?;
        match (kind, sk.split_once('#')) {
            ("MSG", None) if sk == "HEAD" => Some(Self::Head(rest.parse().ok()?)),
            ("MSG", None) => Some(Self::Message(rest.parse().ok()?, SortTime::stored(sk)?)),
            ("MSG", Some(("CID", message))) => Some(Self::SendMarker(rest.parse().ok()?, message.parse().ok()?)),
            ("MSG", Some(("REV", rev))) => Some(Self::Revision(rest.parse().ok()?, rev.parse().ok()?)),
            ("MSG", Some(("SEQ", seq))) => Some(Self::Milestone(rest.parse().ok()?, seq.parse().ok()?)),
            ("MSG", Some(("HIST", text))) => {
                let (message, edits) = text.split_once('#')?;
                Some(Self::EarlierText(rest.parse().ok()?, message.parse().ok()?, edits.parse().ok()?))
            }
            ("GRP", None) => Some(Self::Inbox(rest.parse().ok()?, SortTime::stored(sk)?)),
            ("GRP", Some(("READ", conversation))) => {
                Some(Self::ReadCursor(rest.parse().ok()?, conversation.parse().ok()?))
            }
            ("GRP", Some(("BLOCK", peer))) => Some(Self::Block(rest.parse().ok()?, peer.parse().ok()?)),
            ("GRP", Some(("REQ", conversation))) => Some(Self::Request(rest.parse().ok()?, conversation.parse().ok()?)),
            ("PAIR", None) if sk == "HEAD" => {
                let (lower, higher) = rest.split_once('#')?;
                Some(Self::Pair(lower.parse().ok()?, higher.parse().ok()?))
            }
            ("TABLE", None) if (rest, sk) == ("", "ADOPTED") => Some(Self::Migrated),
            _ => None,
        }
    }
}

/// A time as a sort key: in UTC, always with six digits after the second, so that text order is time order. Legacy keys
/// are not in this form: they compare by time, and within the same instant by their text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortTime {
    at: OffsetDateTime,
    text: String,
}

/// The last day of the calendar, on which no stored time can be.
const CALENDAR_END: OffsetDateTime = datetime!(9999-12-31 00:00 UTC);

impl SortTime {
    /// Parses a stored sort key. The old app also wrote times without an offset (UTC in its containers), and without a
    /// fraction if that was zero. A time after which there is hardly a later one is no valid time: no message could be
    /// sent after it.
    pub fn stored(text: &str) -> Option<Self> {
        Self::parse(text).filter(|it| it.at < CALENDAR_END)
    }

    /// Parses a time that a client names, in every form of a stored one.
    pub fn parse(text: &str) -> Option<Self> {
        let at =
            OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339));
        // A time outside the representable years in UTC is no valid time either.
        let at = at.ok()?.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() > 0)?;
        Some(Self { text: text.to_owned(), at })
    }

    /// Returns the key for an event at `now` that must sort after this one. Keys grow even if the clock stands still or
    /// goes backwards.
    pub fn next(&self, now: OffsetDateTime) -> Self {
        Self::from(now.max(self.at.saturating_add(Duration::MICROSECOND)))
    }

    /// Returns the wall-clock time in the key's text, as if that clock had been in UTC. Stored keys sort by it.
    pub fn wall_clock(&self) -> OffsetDateTime {
        OffsetDateTime::parse(&self.text, &Rfc3339).map_or(self.at, |at| at.replace_offset(UtcOffset::UTC))
    }

    /// Returns the key in the canonical form, which sorts by time.
    pub fn canonical(&self) -> Self {
        Self::from(self.at)
    }

    /// Reports whether the key is in the canonical form.
    pub fn is_canonical(&self) -> bool {
        self.canonical().text == self.text
    }

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the instant.
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// Returns the time for clients: always canonical, whatever form is stored.
    pub fn sent_at(&self) -> SentAt {
        SentAt::stored(Self::from(self.at).text)
    }
}

impl From<OffsetDateTime> for SortTime {
    fn from(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        // Truncated to the precision of the text, so that two times are equal exactly if their texts are.
        let at = at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).expect("it is smaller than the valid one");
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+00:00");
        Self { text: at.format(form).expect("the form asks only for what every time has"), at }
    }
}
