//! Pagination: pages of long lists, and cursors.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::message::SentAt;

/// Default number of conversations or messages on a page.
pub const PAGE_SIZE: usize = 20;

/// Maximum number of unread messages with which a conversation still opens at its newest page. A conversation with more
/// opens at its first unread message.
pub const UNREAD_SIZE_MAX: usize = 200;

/// Number of messages per response when a page fetches messages that it has missed.
pub const CATCH_UP_SIZE: usize = 100;

/// Start or end of a page: the store's opaque text, a time, or the end of the list. Needs no escaping in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Cursor of the page of messages before this time.
    pub fn before(at: &SentAt) -> Self {
        Self(format!("{BEFORE}{}", at.url_safe()))
    }

    /// Cursor of the page of messages after this time.
    pub fn after(at: &SentAt) -> Self {
        Self(format!("{AFTER}{}", at.url_safe()))
    }

    /// Reports whether this is the cursor of the messages after a time that is later than the second of `at`.
    pub fn is_after(&self, at: &SentAt) -> bool {
        let second = |time: &str| time.get(.."2026-11-21T09:26:28".len()).map(str::to_owned);
        self.0.strip_prefix(AFTER).is_some_and(|time| second(time) > second(at.as_str()))
    }

    /// Cursor of the page around the message that was sent at this time.
    pub fn around(at: &SentAt) -> Self {
        Self(format!("{AROUND}{}", at.url_safe()))
    }

    /// Cursor of a conversation's newest page. Without a cursor a conversation may open at its first unread message.
    pub fn newest() -> Self {
        Self(NEWEST.to_owned())
    }
}

/// Prefix of a cursor for messages before a time.
pub const BEFORE: &str = "before-";

/// Prefix of a cursor for messages after a time.
pub const AFTER: &str = "after-";

/// Prefix of a cursor for the messages on both sides of a time.
pub const AROUND: &str = "around-";

const NEWEST: &str = "newest";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Page of a list, with cursors to the pages on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// Items in display order.
    pub items: Vec<T>,
    /// Cursor of the older items; `None` if there are none.
    pub older: Option<Cursor>,
    /// Cursor of the newer items; `None` if there are none.
    pub newer: Option<Cursor>,
    /// Of messages: revision of the conversation just before the page was read. The items show at least the changes up
    /// to this revision. 0 for other lists.
    #[serde(default)]
    pub rev: u64,
}
