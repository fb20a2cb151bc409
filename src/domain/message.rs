//! Messages: their id, text, time and author.

use serde::{Deserialize, Serialize};

use crate::domain::id::id_type;
use crate::domain::{text, user};

id_type! {
    /// Identifier of a message, and its idempotency key: the sender's page makes the id (a UUIDv7) before it sends, and
    /// the store keeps one message per id and conversation. `message_uuid` in DynamoDB.
    Id
}

/// Maximum length of a message, in Unicode scalar values.
pub const BODY_LEN_MAX: usize = 1024;

/// Valid message text: trimmed, 1 to [`BODY_LEN_MAX`] characters, no control characters except line breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(String);

/// Reason for which a text is not a valid message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBody {
    /// Only invisible characters.
    #[error("blank message")]
    Blank,
    /// More than [`BODY_LEN_MAX`] characters; holds the actual number.
    #[error("message too long: {0} characters")]
    TooLong(usize),
    /// A control character that is neither a line break nor a tab.
    #[error("control character in a message")]
    Control,
}

impl Body {
    /// Validates a user's input. Line breaks become `\n`: browsers send `\r\n` from forms and `\n` from script, and
    /// pasted texts have others.
    pub fn parse(text: &str) -> Result<Self, InvalidBody> {
        if text::is_blank(text) {
            return Err(InvalidBody::Blank);
        }
        let text = text::with_line_feeds(text);
        let text = text.trim();
        if text.contains(text::is_forbidden_in_messages) {
            return Err(InvalidBody::Control);
        }
        match text.chars().count() {
            ..=BODY_LEN_MAX => Ok(Self(text.to_owned())),
            len => Err(InvalidBody::TooLong(len)),
        }
    }

    /// Number of characters of `text` that count towards [`BODY_LEN_MAX`], as [`Body::parse`] counts them.
    pub fn len_of(text: &str) -> usize {
        text::with_line_feeds(text).trim().chars().count()
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Time at which a message was sent, such as `2026-11-21T09:26:28.207802+00:00`: UTC with six decimals of a second, so
/// that text order is time order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SentAt(String);

impl SentAt {
    /// Wraps a stored time. The store has converted legacy times to the canonical form.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The time as text, valid in a `datetime` attribute and for JavaScript's `Date`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same time without characters that a URL would have to escape.
    pub fn url_safe(&self) -> String {
        self.0.replace("+00:00", "Z")
    }
}

/// Message as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: Id,
    pub author: user::Id,
    pub body: String,
    /// Time at which the server stored the message.
    pub sent_at: SentAt,
    /// Sequence number within the conversation, from 1, without gaps; 0 in legacy rows.
    pub seq: u64,
    /// Name of an author who is not a member of the conversation: the old app let any user write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<user::DisplayName>,
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
        for control in ["a\u{0}1", "a\u{7}", "a\u{1b}[0m", "a\u{84}b"] {
            assert_eq!(parse(control), Err(InvalidBody::Control), "{control:?}");
        }
    }

    // F35
    #[test]
    fn a_body_that_looks_blank_is_refused_and_one_with_joiners_is_kept() {
        for blank in ["\u{3164}", "\u{200b}\n\u{2800}", "\u{115f}\u{fe0f}", "\u{e0062}\u{200d}", "\u{fffc}", "\u{0}"] {
            assert_eq!(parse(blank), Err(InvalidBody::Blank), "{blank:?}");
        }
        for text in [
            "👩\u{200d}👩\u{200d}👧",
            "\u{2764}\u{fe0f}",
            "می\u{200c}خواهم",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
            "\u{200b}.",
            "\u{e000}",
        ] {
            assert_eq!(parse(text), Ok(text.to_owned()), "{text:?}");
        }
    }

    // F45
    #[test]
    fn every_line_break_of_a_body_is_stored_as_a_line_feed() {
        assert_eq!(parse("a\u{b}b\u{c}c\u{2028}d\u{2029}e\u{85}f\r\ng"), Ok("a\nb\nc\nd\ne\nf\ng".to_owned()));
    }

    #[test]
    fn the_character_counter_agrees_with_the_parser() {
        for text in ["", " a ", "a\r\nb", "a\rb", "🎈\u{301}", " \u{2003}x\t", "a\u{b}b\u{c}\r\n"] {
            let counted = Body::len_of(text);
            let parsed = parse(text).map_or(0, |body| body.chars().count());
            assert_eq!(counted, parsed, "{text:?}");
        }
    }
}
