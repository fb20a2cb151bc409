//! Users: ids, names and the public profile.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;
use crate::domain::text;

id_type! {
    /// Identifier of a user: `users.uuid` in PostgreSQL, `user_uuid` in DynamoDB.
    Id
}

/// Minimum number of characters in a handle.
pub const HANDLE_LEN_MIN: usize = 2;

/// Maximum number of characters in a handle.
pub const HANDLE_LEN_MAX: usize = 32;

/// Unique, lower-case name of a user: the part after the `@`. It appears in URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(String);

/// Reason for which a text is not a valid handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHandle {
    /// Empty, apart from invisible characters and an `@`.
    #[error("blank handle")]
    Blank,
    /// Fewer than [`HANDLE_LEN_MIN`] characters.
    #[error("handle too short")]
    TooShort,
    /// More than [`HANDLE_LEN_MAX`] characters.
    #[error("handle too long")]
    TooLong,
    /// A character that is not allowed in a handle.
    #[error("invalid character in a handle")]
    Character,
    /// A word that would pass its owner off as the operator of this site.
    #[error("reserved handle")]
    Reserved,
}

impl Handle {
    /// Validates a user's input. Removes surrounding invisible characters and each `@` before the handle, and converts
    /// to lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidHandle> {
        let text = without_at_sign(text);
        if text.is_empty() {
            return Err(InvalidHandle::Blank);
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        // Browsers take `..` in an address for the folder above.
        if !text.chars().all(is_allowed) || text == ".." {
            return Err(InvalidHandle::Character);
        }
        match text.len() {
            ..HANDLE_LEN_MIN => Err(InvalidHandle::TooShort),
            HANDLE_LEN_MIN..=HANDLE_LEN_MAX => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(InvalidHandle::TooLong),
        }
    }

    /// Wraps a stored handle. The old app validated none, so a stored handle may be any text.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the handle without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns a handle or a search as it was written, without surrounding invisible characters and each `@` before it.
pub fn without_at_sign(text: &str) -> &str {
    let mut text = text::trim_invisible(text);
    while let Some(rest) = text.strip_prefix(['@', '＠']) {
        text = text::trim_invisible(rest);
    }
    text
}

/// Maximum number of users that a search finds.
pub const SEARCH_RESULTS_MAX: usize = 10;

/// Minimum length of a search for users in characters. Shorter ones would match a large part of all users.
pub const SEARCH_LEN_MIN: usize = 2;

/// Returns true for a text for which users are searched. In a script without spaces one character is enough, and so is
/// one emoji.
pub fn is_long_enough_search(query: &str) -> bool {
    let query = without_at_sign(query);
    let is_sign = |c: char| !c.is_ascii() && !c.is_alphanumeric();
    query.chars().count() >= SEARCH_LEN_MIN || query.chars().any(|c| text::is_dense(c) || is_sign(c))
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Maximum number of characters in a display name.
pub const DISPLAY_NAME_LEN_MAX: usize = 64;

/// Reason for which a text is not a valid display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDisplayName {
    /// Only invisible characters.
    #[error("blank name")]
    Blank,
    /// More than [`DISPLAY_NAME_LEN_MAX`] characters.
    #[error("name too long")]
    TooLong,
    /// A character with which the name could be shown as another one: a control character, one that changes the
    /// direction of the text, or one of private use.
    #[error("control character in a name")]
    Control,
    /// A word that would pass its owner off as the operator of this site, or as a word of the site.
    #[error("reserved name")]
    Reserved,
}

/// Name that others see. It may be in any script, is never blank, and contains no character that hides another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

impl DisplayName {
    /// Validates a user's input. Removes invisible characters that no script needs.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayName> {
        if text::is_blank(text) || text.chars().all(|c| text::is_invisible(c) || text::is_mark(c)) {
            return Err(InvalidDisplayName::Blank);
        }
        let text = text::name_of(text);
        if text.chars().any(text::is_forbidden_in_names) {
            return Err(InvalidDisplayName::Control);
        }
        if text.chars().count() > DISPLAY_NAME_LEN_MAX {
            return Err(InvalidDisplayName::TooLong);
        }
        Ok(Self(text))
    }

    /// Wraps a stored name. The old app validated none: characters that would show it as another name are left out.
    pub fn stored(text: String) -> Self {
        match text.chars().any(text::is_forbidden_in_names) {
            true => Self(text.chars().filter(|c| !text::is_forbidden_in_names(*c)).collect()),
            false => Self(text),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Public profile of a user: everything that other users may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: Id,
    /// `None` for a deleted user: the handle may belong to another user by now.
    pub handle: Option<Handle>,
    pub display_name: DisplayName,
}

impl User {
    /// A user who has been deleted from the database, or was never in it.
    pub fn deleted(id: Id) -> Self {
        Self { id, handle: None, display_name: DisplayName("Deleted user".to_owned()) }
    }

    /// Creates the profile from a stored row. The handle stands for a blank name.
    pub fn stored(id: Id, handle: String, display_name: String) -> Self {
        let name = DisplayName::stored(display_name);
        let display_name = if text::is_blank(&name.0) { DisplayName::stored(handle.clone()) } else { name };
        Self { id, handle: Some(Handle::stored(handle)), display_name }
    }

    /// Returns true for a user who has been deleted from the database.
    pub fn is_deleted(&self) -> bool {
        self.handle.is_none()
    }

    /// Returns the handle; empty for a deleted user. No user can have, or be found by, an empty one.
    pub fn handle_text(&self) -> &str {
        self.handle.as_ref().map_or("", Handle::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_may_be_typed_with_an_at_sign_capitals_and_white_space() {
        assert_eq!(Handle::parse(" @Ana.B-1_ "), Ok(Handle("ana.b-1_".to_owned())));
    }

    #[test]
    fn an_invalid_handle_is_rejected_with_its_reason() {
        assert_eq!(Handle::parse(" @ "), Err(InvalidHandle::Blank));
        assert_eq!(Handle::parse("a"), Err(InvalidHandle::TooShort));
        assert_eq!(Handle::parse(&"a".repeat(33)), Err(InvalidHandle::TooLong));
        assert_eq!(Handle::parse("ana/../ben"), Err(InvalidHandle::Character));
        assert_eq!(Handle::parse("@.."), Err(InvalidHandle::Character));
        assert!(Handle::parse("...").is_ok());
        assert_eq!(Handle::parse("анна"), Err(InvalidHandle::Character));
    }

    #[test]
    fn a_display_name_may_be_in_any_script_but_holds_no_control_characters() {
        assert!(DisplayName::parse("محمد 🎈").is_ok());
        assert_eq!(DisplayName::parse("\u{2003} "), Err(InvalidDisplayName::Blank));
        assert_eq!(DisplayName::parse("a\u{0}b"), Err(InvalidDisplayName::Control));
        assert_eq!(DisplayName::parse(&"é".repeat(65)), Err(InvalidDisplayName::TooLong));
    }

    // F30
    #[test]
    fn invisible_characters_around_a_handle_are_ignored() {
        for text in
            ["\u{feff}ana\u{200b}", "@@ana", "＠ @ana", "\u{2060} @\u{200b}ana", "\u{3164}＠ana\u{ad}", "@ana\u{200d}"]
        {
            assert_eq!(Handle::parse(text), Ok(Handle("ana".to_owned())), "{text:?}");
        }
        assert_eq!(Handle::parse("\u{3164}@\u{200b}"), Err(InvalidHandle::Blank));
    }

    // F35
    #[test]
    fn a_blank_or_misleading_name_is_rejected() {
        for blank in
            ["\u{3164}", "\u{200b}", "\u{2800}\u{115f}", "\u{ad}\u{e0061}", "\u{fe0f}\u{200d}", "\u{202e}", "\u{0}"]
        {
            assert_eq!(DisplayName::parse(blank), Err(InvalidDisplayName::Blank), "{blank:?}");
        }
        for text in [
            "\u{202e}Eva nebA",
            "Ana \u{2066}x",
            "Ana\u{200f}Ben",
            "Ana \u{e000}",
            "\u{f8ff}",
            "A\u{2028}B",
            "A\u{10fffd}",
        ] {
            assert_eq!(DisplayName::parse(text), Err(InvalidDisplayName::Control), "{text:?}");
        }
    }

    // F35
    #[test]
    fn a_stored_name_cannot_mirror_another_and_is_never_blank() {
        let user = |name: &str| User::stored(Id(uuid::Uuid::nil()), "eva".to_owned(), name.to_owned());
        assert_eq!(user("\u{202e}Eva nebA").display_name.as_str(), "Eva nebA");
        assert_eq!(user("\u{3164}").display_name.as_str(), "eva");
    }

    // F15
    #[test]
    fn a_deleted_user_has_no_handle() {
        let user = User::deleted(Id(uuid::Uuid::nil()));
        assert!(user.is_deleted() && Handle::parse(user.handle_text()).is_err());
    }
}
