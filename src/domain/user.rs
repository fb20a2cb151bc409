//! People: who they are, and what others may see of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a person: `users.uuid` in PostgreSQL, `user_uuid` in DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The most characters that a handle may have.
pub const HANDLE_LEN_MAX: usize = 32;

/// The name after the `@`: lower case, unique, part of addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(String);

/// Why a text is not a handle, in words for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHandle {
    /// Nothing but white space and perhaps an `@`.
    #[error("Choose a handle.")]
    Blank,
    /// Fewer than 2 characters.
    #[error("A handle has at least 2 characters.")]
    TooShort,
    /// More than [`HANDLE_LEN_MAX`] characters.
    #[error("A handle has at most {HANDLE_LEN_MAX} characters.")]
    TooLong,
    /// A character that cannot stand in one.
    #[error("A handle is made of the letters a to z, digits, “_”, “-” and “.”.")]
    Character,
}

impl Handle {
    /// Takes what a person typed: white space around it, a leading `@` and capital letters are forgiven.
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
            0..2 => Err(InvalidHandle::TooShort),
            2..=HANDLE_LEN_MAX => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(InvalidHandle::TooLong),
        }
    }

    /// Takes a handle as it is stored. The old app checked none, so any text may stand there.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The handle without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most characters that a display name may have.
pub const DISPLAY_NAME_LEN_MAX: usize = 64;

/// Why a text is not a display name, in words for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDisplayName {
    /// Nothing to be seen.
    #[error("Tell us your name.")]
    Blank,
    /// More than [`DISPLAY_NAME_LEN_MAX`] characters.
    #[error("A name has at most {DISPLAY_NAME_LEN_MAX} characters.")]
    TooLong,
    /// A control character.
    #[error("A name cannot contain control characters.")]
    Control,
}

/// The name that others read. Any script, any letters; no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

impl DisplayName {
    /// Takes what a person typed, without the white space around it.
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

    /// Takes a name as it is stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What other people may see of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Whose row this is.
    pub id: Id,
    /// The unique name.
    pub handle: Handle,
    /// The name to show.
    pub display_name: DisplayName,
}

impl User {
    /// Stands for a person whose row is gone.
    pub fn who_left(id: Id) -> Self {
        let display_name = DisplayName::stored("Somebody who left".to_owned());
        Self { id, handle: Handle::stored("unknown".to_owned()), display_name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_forgives_an_at_sign_capitals_and_white_space() {
        assert_eq!(Handle::parse(" @Ana.B-1_ "), Ok(Handle("ana.b-1_".to_owned())));
    }

    #[test]
    fn a_handle_says_what_is_wrong_with_it() {
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
