//! Long lists, a page at a time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::message::SentAt;

/// How many conversations or messages one page holds.
pub const PAGE_SIZE: usize = 20;

/// How many unread messages the newest page of a conversation reaches back over at most. Where there are more, it opens
/// where they begin.
pub const UNREAD_SIZE_MAX: usize = 200;

/// How many messages one answer holds to a page that has missed some.
pub const CATCH_UP_SIZE: usize = 100;

/// Where a page begins or ends: opaque text of the store's, or a time. Safe in an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

impl Cursor {
    /// Where a page of messages ends that come before this time.
    pub fn before(at: &SentAt) -> Self {
        Self(format!("{BEFORE}{}", at.in_address()))
    }

    /// Where a page of messages begins that come after this time.
    pub fn after(at: &SentAt) -> Self {
        Self(format!("{AFTER}{}", at.in_address()))
    }

    /// Asks for the newest page of a conversation, also where it would open elsewhere.
    pub fn newest() -> Self {
        Self(NEWEST.to_owned())
    }
}

/// What a cursor begins with that names a time.
pub const BEFORE: &str = "before-";

/// The same towards newer ones.
pub const AFTER: &str = "after-";

/// The cursor that asks for the end.
const NEWEST: &str = "newest";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Part of a list, and the way to what lies on either side of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// So many items, in the order in which they are shown: [`PAGE_SIZE`] where nothing else is said.
    pub items: Vec<T>,
    /// Asks for what is older than this page; none at the beginning of the list.
    pub older: Option<Cursor>,
    /// Asks for what is newer than this page; none at its end.
    pub newer: Option<Cursor>,
}
