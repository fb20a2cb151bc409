//! Users: ids, names and the public profile.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;

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
    /// Empty, apart from white space and an `@`.
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
}

impl Handle {
    /// Validates a user's input. Removes surrounding white space and a leading `@`, and converts to lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidHandle> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        if text.is_empty() {
            return Err(InvalidHandle::Blank);
        }
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
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
    /// Empty or white space only.
    #[error("blank name")]
    Blank,
    /// More than [`DISPLAY_NAME_LEN_MAX`] characters.
    #[error("name too long")]
    TooLong,
    /// A control character.
    #[error("control character in a name")]
    Control,
}

/// Name that others see. It may be in any script but contains no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

impl DisplayName {
    /// Validates a user's input. Removes surrounding white space.
    pub fn parse(text: &str) -> Result<Self, InvalidDisplayName> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidDisplayName::Blank);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidDisplayName::Control);
        }
        if text.chars().count() > DISPLAY_NAME_LEN_MAX {
            return Err(InvalidDisplayName::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// Wraps a stored name without validation.
    pub fn stored(text: String) -> Self {
        Self(text)
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
    pub handle: Handle,
    pub display_name: DisplayName,
}

impl User {
    /// Placeholder for a user who has been deleted from the database.
    pub fn deleted(id: Id) -> Self {
        let display_name = DisplayName::stored("Deleted user".to_owned());
        Self { id, handle: Handle::stored("unknown".to_owned()), display_name }
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
        assert_eq!(Handle::parse("анна"), Err(InvalidHandle::Character));
    }

    #[test]
    fn a_display_name_may_be_in_any_script_but_holds_no_control_characters() {
        assert!(DisplayName::parse("محمد 🎈").is_ok());
        assert_eq!(DisplayName::parse("\u{2003} "), Err(InvalidDisplayName::Blank));
        assert_eq!(DisplayName::parse("a\u{0}b"), Err(InvalidDisplayName::Control));
        assert_eq!(DisplayName::parse(&"é".repeat(65)), Err(InvalidDisplayName::TooLong));
    }
}
