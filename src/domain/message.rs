//! Messages: what is written, by whom and when.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::user;

/// Identifies a message, and makes sending it safe to repeat: the sender's page makes the id (a UUIDv7) before it sends,
/// and the store keeps one message per id and conversation. `message_uuid` in DynamoDB, the *client id* of the design.
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

/// The most characters (Unicode scalar values) of a message.
pub const BODY_LEN_MAX: usize = 1024;

/// The text of a message that may be sent: trimmed, 1 to [`BODY_LEN_MAX`] characters, no control characters but line
/// breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String);

/// Why a text cannot be sent, in words for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBody {
    /// Nothing but white space.
    #[error("Write something first.")]
    Blank,
    /// Longer than [`BODY_LEN_MAX`].
    #[error("A message has at most {BODY_LEN_MAX} characters; this one has {0}.")]
    TooLong(usize),
    /// A control character that is neither a line break nor a tab.
    #[error("This text contains a control character that cannot be sent.")]
    Control,
}

impl Body {
    /// Takes what a person wrote. Line breaks become `\n`, as browsers send `\r\n` from forms and `\n` from script.
    pub fn parse(text: &str) -> Result<Self, InvalidBody> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidBody::Blank);
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(InvalidBody::Control);
        }
        match text.chars().count() {
            ..=BODY_LEN_MAX => Ok(Self(text.to_owned())),
            len => Err(InvalidBody::TooLong(len)),
        }
    }

    /// How many characters of `text` count against [`BODY_LEN_MAX`]: exactly what [`Body::parse`] counts.
    pub fn len_of(text: &str) -> usize {
        text.replace("\r\n", "\n").trim().chars().count()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a message was sent: UTC with six digits after the second, so that text order is time order.
/// `2026-11-21T09:26:28.207802+00:00`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SentAt(String);

impl SentAt {
    /// Takes a time as it is stored; the store normalises what the old app wrote.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The time as text, fit for a `datetime` attribute and for JavaScript's `Date`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same time in characters that an address need not escape.
    pub fn in_address(&self) -> String {
        self.0.replace("+00:00", "Z")
    }
}

/// A message as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which message.
    pub id: Id,
    /// Who wrote it.
    pub author: user::Id,
    /// What it says.
    pub body: String,
    /// When the server stored it.
    pub sent_at: SentAt,
    /// Its place in the conversation, from 1, without gaps. 0 in rows that the old app wrote.
    pub seq: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, InvalidBody> {
        Body::parse(text).map(|body| body.as_str().to_owned())
    }

    #[test]
    fn a_body_is_trimmed_and_keeps_line_breaks_and_tabs() {
        assert_eq!(parse("  a\r\n\tb\rc \n"), Ok("a\n\tb\nc".to_owned()));
    }

    #[test]
    fn a_body_of_1024_scalar_values_is_the_longest() {
        assert!(parse(&"🎈".repeat(1024)).is_ok());
        assert_eq!(parse(&"🎈".repeat(1025)), Err(InvalidBody::TooLong(1025)));
        assert!(parse(&format!("  {}  ", "a".repeat(1024))).is_ok());
    }

    #[test]
    fn a_body_without_text_or_with_control_characters_is_refused() {
        assert_eq!(parse(" \n\t\u{2003}"), Err(InvalidBody::Blank));
        for control in ["a\u{0}1", "a\u{7}", "a\u{1b}[0m", "a\u{85}b"] {
            assert_eq!(parse(control), Err(InvalidBody::Control), "{control:?}");
        }
    }

    #[test]
    fn the_counter_counts_what_the_parser_counts() {
        for text in ["", " a ", "a\r\nb", "a\rb", "🎈\u{301}", " \u{2003}x\t"] {
            let counted = Body::len_of(text);
            let parsed = parse(text).map_or(0, |body| body.chars().count());
            assert_eq!(counted, parsed, "{text:?}");
        }
    }
}
