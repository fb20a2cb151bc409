//! The single DynamoDB table: its keys and its attributes. Nothing else spells a key.
//!
//! Rows of conversations and messages are those of the old app, names included; the others begin their sort key with a
//! letter, so that the old app's `begins_with(sk, year)` never meets them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::domain::message::SentAt;
use crate::domain::{conversation, message, user};

/// The hash key.
pub const PK: &str = "pk";
/// The range key.
pub const SK: &str = "sk";
/// The text of a message; in an inbox row, of the newest one.
pub const MESSAGE: &str = "message";
/// Which message.
pub const MESSAGE_UUID: &str = "message_uuid";
/// Which conversation.
pub const MESSAGE_GROUP_UUID: &str = "message_group_uuid";
/// The author of a message; in an inbox row, the *other* person.
pub const USER_UUID: &str = "user_uuid";
/// The name of who [`USER_UUID`] is, as it was then.
pub const USER_DISPLAY_NAME: &str = "user_display_name";
/// The handle of who [`USER_UUID`] is, as it was then.
pub const USER_HANDLE: &str = "user_handle";
/// A message's place in its conversation, from 1; elsewhere, the place of the newest or of the last one read.
pub const SEQ: &str = "seq";
/// In an inbox row: who wrote the newest message.
pub const LAST_USER_UUID: &str = "last_user_uuid";
/// In a head: the two people, as a set.
pub const MEMBERS: &str = "members";
/// In a head: the sort key of the newest message.
pub const LAST_SK: &str = "last_sk";
/// In a send marker: the sort key of the message that was stored.
pub const MESSAGE_SK: &str = "message_sk";
/// In a send marker: when DynamoDB may delete it, in seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";
/// In a read cursor: when it was moved.
pub const READ_AT: &str = "read_at";
/// In a read cursor: the place of the newest message that has reached a page of the person.
pub const DELIVERED_SEQ: &str = "delivered_seq";
/// In a read cursor: since when.
pub const DELIVERED_AT: &str = "delivered_at";
/// In a read cursor: how often the person has marked the conversation as unread.
pub const MARKED: &str = "marked";
/// In a read cursor: how often [`MARKED`] it was when they read it last.
pub const UNMARKED: &str = "unmarked";

/// The index that finds a conversation's inbox rows.
pub const GROUP_INDEX: &str = "message-group-sk-index";

/// Every time sorts between these two, and nothing else that is a sort key here.
pub const TIMES: (&str, &str) = ("0", ":");

/// Every read cursor's sort key begins so.
pub const READ_PREFIX: &str = "READ#";

/// A row, as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// Where a row is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A message: `MSG#<group>`, time.
    Message(conversation::Id, SortTime),
    /// A person's row of a conversation: `GRP#<user>`, time of the newest message.
    Inbox(user::Id, SortTime),
    /// A conversation's head: `MSG#<group>`, `HEAD`.
    Head(conversation::Id),
    /// That a message has been sent: `MSG#<group>`, `CID#<message>`.
    Marker(conversation::Id, message::Id),
    /// How far a person has read: `GRP#<user>`, `READ#<group>`.
    Read(user::Id, conversation::Id),
    /// The conversation of two people, in whatever order they are given: `PAIR#<lower>#<higher>`, `HEAD`.
    Pair(user::Id, user::Id),
    /// That no row of the old app waits to be brought up to date: `TABLE#`, `ADOPTED`.
    Adopted,
}

impl Key {
    /// The partition with a conversation's messages.
    pub fn messages(conversation: conversation::Id) -> String {
        format!("MSG#{conversation}")
    }

    /// The partition with a person's conversations.
    pub fn inbox(owner: user::Id) -> String {
        format!("GRP#{owner}")
    }

    /// Hash key and range key.
    pub fn text(&self) -> (String, String) {
        match self {
            Self::Message(conversation, at) => (Self::messages(*conversation), at.as_str().to_owned()),
            Self::Inbox(owner, at) => (Self::inbox(*owner), at.as_str().to_owned()),
            Self::Head(conversation) => (Self::messages(*conversation), "HEAD".to_owned()),
            Self::Marker(conversation, message) => (Self::messages(*conversation), format!("CID#{message}")),
            Self::Read(owner, conversation) => (Self::inbox(*owner), format!("{READ_PREFIX}{conversation}")),
            Self::Pair(one, other) => (format!("PAIR#{}#{}", one.min(other), one.max(other)), "HEAD".to_owned()),
            Self::Adopted => ("TABLE#".to_owned(), "ADOPTED".to_owned()),
        }
    }

    /// The key as attributes.
    pub fn item(&self) -> Item {
        let (pk, sk) = self.text();
        HashMap::from([(PK.to_owned(), AttributeValue::S(pk)), (SK.to_owned(), AttributeValue::S(sk))])
    }

    /// Which row this is; none for what is not ours, such as the old app's rooms named by a handle.
    pub fn of(item: &Item) -> Option<Self> {
        Self::parse(item.get(PK)?.as_s().ok()?, item.get(SK)?.as_s().ok()?)
    }

    /// The handle that names a room of the old app, of which this is a message.
    pub fn room(item: &Item) -> Option<&str> {
        item.get(PK)?.as_s().ok()?.strip_prefix("MSG#@")
    }

    fn parse(pk: &str, sk: &str) -> Option<Self> {
        let (kind, rest) = pk.split_once('#')?;
        match (kind, sk.split_once('#')) {
            ("MSG", None) if sk == "HEAD" => Some(Self::Head(rest.parse().ok()?)),
            ("MSG", None) => Some(Self::Message(rest.parse().ok()?, SortTime::stored(sk)?)),
            ("MSG", Some(("CID", message))) => Some(Self::Marker(rest.parse().ok()?, message.parse().ok()?)),
            ("GRP", None) => Some(Self::Inbox(rest.parse().ok()?, SortTime::stored(sk)?)),
            ("GRP", Some(("READ", conversation))) => Some(Self::Read(rest.parse().ok()?, conversation.parse().ok()?)),
            ("PAIR", None) if sk == "HEAD" => {
                let (lower, higher) = rest.split_once('#')?;
                Some(Self::Pair(lower.parse().ok()?, higher.parse().ok()?))
            }
            ("TABLE", None) if (rest, sk) == ("", "ADOPTED") => Some(Self::Adopted),
            _ => None,
        }
    }
}

/// A time as a sort key: UTC, always six digits after the second, so that text order is time order. That of old keys is not:
/// they are compared by time, and in one instant by their text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortTime {
    at: OffsetDateTime,
    text: String,
}

impl SortTime {
    /// Takes a sort key as it is stored. The old app also wrote times without an offset (UTC in its containers), and
    /// without a fraction when that was zero.
    pub fn stored(text: &str) -> Option<Self> {
        let at =
            OffsetDateTime::parse(text, &Rfc3339).or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339));
        // What is another year in UTC than can be written there is no time either.
        let at = at.ok()?.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() > 0)?;
        Some(Self { text: text.to_owned(), at })
    }

    /// The key for something that happens now and must sort after this: a clock that stands still or goes backwards
    /// still gives growing keys.
    pub fn next(&self, now: OffsetDateTime) -> Self {
        Self::from(now.max(self.at.saturating_add(Duration::MICROSECOND)))
    }

    /// What the clock that wrote the key showed, as if it had been one of UTC: keys sort by this.
    pub fn shown(&self) -> OffsetDateTime {
        OffsetDateTime::parse(&self.text, &Rfc3339).map_or(self.at, |at| at.replace_offset(UtcOffset::UTC))
    }

    /// The key in the one form that sorts by time.
    pub fn in_form(&self) -> Self {
        Self::from(self.at)
    }

    /// Whether it is in that form.
    pub fn is_in_form(&self) -> bool {
        self.in_form().text == self.text
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant.
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// The time as readers get it: in one form, whatever form is stored.
    pub fn sent_at(&self) -> SentAt {
        SentAt::stored(Self::from(self.at).text)
    }
}

impl From<OffsetDateTime> for SortTime {
    fn from(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        // Cut to what the text holds: two times are equal exactly when their texts are.
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
    fn every_key_is_found_again_in_its_own_text() {
        let (talk, ana, ben) = (conversation::Id(id(1)), user::Id(id(2)), user::Id(id(3)));
        let at = SortTime::from(datetime!(2026-11-21 09:26:28.207802 UTC));
        let (one, two, three) = (
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
            "00000000-0000-0000-0000-000000000003",
        );
        let time = "2026-11-21T09:26:28.207802+00:00";
        for (key, pk, sk) in [
            (Key::Message(talk, at.clone()), format!("MSG#{one}"), time.to_owned()),
            (Key::Inbox(ana, at.clone()), format!("GRP#{two}"), time.to_owned()),
            (Key::Head(talk), format!("MSG#{one}"), "HEAD".to_owned()),
            (Key::Marker(talk, message::Id(id(3))), format!("MSG#{one}"), format!("CID#{three}")),
            (Key::Read(ana, talk), format!("GRP#{two}"), format!("READ#{one}")),
            (Key::Pair(ana, ben), format!("PAIR#{two}#{three}"), "HEAD".to_owned()),
            (Key::Adopted, "TABLE#".to_owned(), "ADOPTED".to_owned()),
        ] {
            assert_eq!(key.text(), (pk, sk));
            assert_eq!(Key::of(&key.item()), Some(key));
        }
        assert_eq!(Key::Pair(ben, ana).text(), Key::Pair(ana, ben).text());
    }

    #[test]
    fn a_foreign_key_is_none_of_ours() {
        for (pk, sk) in [("MSG#@bayko", "HEAD"), ("MSG#", "x"), ("USER#1", "HEAD"), ("", ""), ("GRP#1#2", "READ#")] {
            assert_eq!(Key::parse(pk, sk), None, "{pk} {sk}");
        }
    }

    #[test]
    fn only_times_sort_between_the_bounds_of_times() {
        let (talk, ana) = (conversation::Id(id(1)), user::Id(id(2)));
        let among = |sk: &str| TIMES.0 <= sk && sk <= TIMES.1;
        for at in [datetime!(2023-01-01 0:00 UTC), datetime!(9999-12-31 23:59:59.999999 UTC)] {
            assert!(among(&Key::Inbox(ana, SortTime::from(at)).text().1));
        }
        let (marker, read) = (Key::Marker(talk, message::Id(id(3))), Key::Read(ana, talk));
        for key in [Key::Head(talk), marker, read, Key::Pair(ana, ana), Key::Adopted] {
            assert!(!among(&key.text().1), "{key:?}");
        }
    }

    #[test]
    fn a_stored_time_keeps_its_text_and_is_read_in_one_form() {
        for (text, read) in [
            ("2026-11-21T09:26:28.207802+00:00", "2026-11-21T09:26:28.207802+00:00"),
            ("2026-11-21T09:26:28.207802", "2026-11-21T09:26:28.207802+00:00"),
            ("2026-11-21T09:26:28", "2026-11-21T09:26:28.000000+00:00"),
            ("2026-11-21T04:26:28.207802-05:00", "2026-11-21T09:26:28.207802+00:00"),
        ] {
            let time = SortTime::stored(text).expect(text);
            assert_eq!((time.as_str(), time.sent_at().as_str()), (text, read));
            assert_eq!((time.in_form().as_str(), time.is_in_form()), (read, text == read));
            assert_eq!(SortTime::from(time.shown()).as_str()[..19], text[..19]);
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
