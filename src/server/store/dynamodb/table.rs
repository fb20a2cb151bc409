//! The single DynamoDB table: its keys, and the attributes that expressions name. No other module spells a key. All
//! attributes of a row are the fields of its struct in `rows/`.
//!
//! Rows of conversations and messages are those of the old app, including their names. The sort keys of all other rows
//! begin with a letter, so that the old app's `begins_with(sk, year)` never matches them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::domain::message::SentAt;
use crate::domain::{conversation, message, user};

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
/// In a send marker: expiry time, in seconds since 1970. DynamoDB may delete the marker afterwards.
pub const EXPIRES_AT: &str = "expires_at";
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
    /// Read cursor of a member: `GRP#<user>`, `READ#<group>`.
    ReadCursor(user::Id, conversation::Id),
    /// Direct conversation of two users, who may be given in either order: `PAIR#<lower>#<higher>`, `HEAD`.
    Pair(user::Id, user::Id),
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

    /// Returns the hash key and the range key.
    pub fn text(&self) -> (String, String) {
        match self {
            Self::Message(conversation, at) => (Self::messages(*conversation), at.as_str().to_owned()),
            Self::Inbox(owner, at) => (Self::inbox(*owner), at.as_str().to_owned()),
            Self::Head(conversation) => (Self::messages(*conversation), "HEAD".to_owned()),
            Self::SendMarker(conversation, message) => (Self::messages(*conversation), format!("CID#{message}")),
            Self::ReadCursor(owner, conversation) => (Self::inbox(*owner), format!("{READ_PREFIX}{conversation}")),
            Self::Pair(one, other) => (format!("PAIR#{}#{}", one.min(other), one.max(other)), "HEAD".to_owned()),
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
            ("GRP", None) => Some(Self::Inbox(rest.parse().ok()?, SortTime::stored(sk)?)),
            ("GRP", Some(("READ", conversation))) => {
                Some(Self::ReadCursor(rest.parse().ok()?, conversation.parse().ok()?))
            }
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

impl SortTime {
    /// Parses a stored sort key. The old app also wrote times without an offset (UTC in its containers), and without a
    /// fraction if that was zero.
    pub fn stored(text: &str) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;
    use uuid::Uuid;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn every_key_can_be_parsed_from_its_text() {
        let (conversation, ana, ben) = (conversation::Id(id(1)), user::Id(id(2)), user::Id(id(3)));
        let at = SortTime::from(datetime!(2026-11-21 09:26:28.207802 UTC));
        let (one, two, three) = (
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
            "00000000-0000-0000-0000-000000000003",
        );
        let time = "2026-11-21T09:26:28.207802+00:00";
        for (key, pk, sk) in [
            (Key::Message(conversation, at.clone()), format!("MSG#{one}"), time.to_owned()),
            (Key::Inbox(ana, at.clone()), format!("GRP#{two}"), time.to_owned()),
            (Key::Head(conversation), format!("MSG#{one}"), "HEAD".to_owned()),
            (Key::SendMarker(conversation, message::Id(id(3))), format!("MSG#{one}"), format!("CID#{three}")),
            (Key::ReadCursor(ana, conversation), format!("GRP#{two}"), format!("READ#{one}")),
            (Key::Pair(ana, ben), format!("PAIR#{two}#{three}"), "HEAD".to_owned()),
            (Key::Migrated, "TABLE#".to_owned(), "ADOPTED".to_owned()),
        ] {
            assert_eq!(key.text(), (pk, sk));
            assert_eq!(Key::of(&key.item()), Some(key));
        }
        assert_eq!(Key::Pair(ben, ana).text(), Key::Pair(ana, ben).text());
    }

    #[test]
    fn keys_of_other_kinds_of_rows_are_not_parsed() {
        for (pk, sk) in [("MSG#@bayko", "HEAD"), ("MSG#", "x"), ("USER#1", "HEAD"), ("", ""), ("GRP#1#2", "READ#")] {
            assert_eq!(Key::parse(pk, sk), None, "{pk} {sk}");
        }
    }

    #[test]
    fn only_times_sort_between_the_bounds_of_times() {
        let (conversation, ana) = (conversation::Id(id(1)), user::Id(id(2)));
        let among = |sk: &str| TIMES.0 <= sk && sk <= TIMES.1;
        for at in [datetime!(2023-01-01 0:00 UTC), datetime!(9999-12-31 23:59:59.999999 UTC)] {
            assert!(among(&Key::Inbox(ana, SortTime::from(at)).text().1));
        }
        let (marker, read) = (Key::SendMarker(conversation, message::Id(id(3))), Key::ReadCursor(ana, conversation));
        for key in [Key::Head(conversation), marker, read, Key::Pair(ana, ana), Key::Migrated] {
            assert!(!among(&key.text().1), "{key:?}");
        }
    }

    #[test]
    fn a_stored_time_keeps_its_text_and_clients_get_the_canonical_form() {
        for (text, read) in [
            ("2026-11-21T09:26:28.207802+00:00", "2026-11-21T09:26:28.207802+00:00"),
            ("2026-11-21T09:26:28.207802", "2026-11-21T09:26:28.207802+00:00"),
            ("2026-11-21T09:26:28", "2026-11-21T09:26:28.000000+00:00"),
            ("2026-11-21T04:26:28.207802-05:00", "2026-11-21T09:26:28.207802+00:00"),
        ] {
            let time = SortTime::stored(text).expect(text);
            assert_eq!((time.as_str(), time.sent_at().as_str()), (text, read));
            assert_eq!((time.canonical().as_str(), time.is_canonical()), (read, text == read));
            assert_eq!(SortTime::from(time.wall_clock()).as_str()[..19], text[..19]);
        }
        assert_eq!(SortTime::stored("HEAD"), None);
    }

    #[test]
    fn the_next_time_is_later_even_when_the_clock_is_not() {
        let last = SortTime::from(datetime!(2026-12-31 23:59:59.999999 UTC));
        for now in [datetime!(2020-01-01 0:00 UTC), last.at(), datetime!(2027-01-01 0:00:00.000000999 UTC)] {
            assert_eq!(last.next(now).as_str(), "2027-01-01T00:00:00.000000+00:00");
        }
        assert_eq!(last.next(datetime!(2027-02-03 4:05 +01:00)).as_str(), "2027-02-03T03:05:00.000000+00:00");
    }
}
