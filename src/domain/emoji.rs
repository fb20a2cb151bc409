//! Emoji of messages and reactions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Name of the emoji table in `public/`, from which users choose. It has a hash of the content, so browsers may keep
/// the file forever.
pub const TABLE_FILE: &str = "emoji/rtPSnSuLNQX9vPTTYZdN9F.tsv";

/// Folder of the emoji table. Nothing else is in it.
pub const TABLE_FOLDER: &str = "emoji";

/// A single emoji: one grapheme cluster. The server validates it when a user reacts, because the tables for this are
/// too large for the browser.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Emoji(String);

impl Emoji {
    /// Wraps an emoji that the server has validated, or that it will validate.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the characters of the emoji.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
