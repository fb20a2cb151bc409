//! Messages: their id, text, time and author.

use serde::{Deserialize, Serialize};

use crate::domain::emoji::Emoji;
use crate::domain::id::id_type;
use crate::domain::{text, user};

#[cfg(test)]
mod tests;

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

/// Maximum number of edits of a message.
pub const EDITS_MAX: u32 = 10;

/// Hours after which a message can no longer be edited, by the server's clock.
pub const EDITABLE_HOURS: i64 = 24;

/// Maximum number of characters of a quote.
pub const QUOTE_LEN_MAX: usize = 280;

/// Maximum number of different reactions to a message.
pub const REACTIONS_MAX: usize = 20;

/// Reference to a message of a known conversation. The time finds the message; its id alone does not, because the
/// markers of sent messages expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRef {
    pub id: Id,
    pub sent_at: SentAt,
}

/// Version of a message's text: the number of its edits, or that it has been deleted. It only grows, so the greater one
/// of two is the newer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TextVersion(u32);

impl TextVersion {
    /// Version of a deleted message.
    pub const DELETED: Self = Self(u32::MAX);

    /// Returns the version after this number of edits; 0 is the text as it was sent.
    pub fn edited(edits: u32) -> Self {
        Self(edits)
    }

    /// True if the message has been deleted.
    pub fn is_deleted(self) -> bool {
        self == Self::DELETED
    }
}

/// Message that another message answers, as it is now. Quotes are not nested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub message: MessageRef,
    pub author: user::Id,
    /// Version of the quoted text.
    #[serde(default)]
    pub version: TextVersion,
    /// Beginning of the text, at most [`QUOTE_LEN_MAX`] characters; `None` if the message has been deleted.
    pub text: Option<String>,
}

impl Quote {
    /// Takes over the text of another quote if that is a newer one of the same message.
    pub fn merge(&mut self, other: &Self) {
        if self.message.id == other.message.id && self.version < other.version {
            self.version = other.version;
            self.text.clone_from(&other.text);
        }
    }
}

/// Users who have reacted to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: Emoji,
    /// In the order in which they reacted. Never empty.
    pub users: Vec<user::Id>,
}

/// Adds or removes a user's reaction. Returns false if nothing changes.
pub fn set_reaction(reactions: &mut Vec<Reaction>, user: user::Id, emoji: &Emoji, on: bool) -> bool {
    let known = reactions.iter_mut().find(|reaction| reaction.emoji == *emoji);
    match (known, on) {
        (Some(known), true) if known.users.contains(&user) => false,
        (Some(known), true) => {
            known.users.push(user);
            true
        }
        (None, true) => {
            reactions.push(Reaction { emoji: emoji.clone(), users: vec![user] });
            true
        }
        (Some(known), false) => {
            let count = known.users.len();
            known.users.retain(|other| *other != user);
            let is_changed = known.users.len() < count;
            reactions.retain(|reaction| !reaction.users.is_empty());
            is_changed
        }
        (None, false) => false,
    }
}

/// An earlier text of a message, or its current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub body: String,
    /// Time at which this text was written.
    pub written_at: SentAt,
}

/// Message as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: Id,
    pub author: user::Id,
    /// The current text; empty if the message has been deleted.
    pub body: String,
    /// Time at which the server stored the message.
    pub sent_at: SentAt,
    /// Sequence number within the conversation, from 1, without gaps; 0 in legacy rows.
    pub seq: u64,
    /// Name of an author who is not a member of the conversation: the old app let any user write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_name: Option<user::DisplayName>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// Revision of the conversation at the last change of this message: an edit, a deletion or a reaction. 0 if there
    /// was none. The greater one of two states of a message is the newer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changed: u64,
    /// Number of edits, at most [`EDITS_MAX`]. It tells the versions of the text apart.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub edits: u32,
    /// Time of the last edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<SentAt>,
    /// Time of the deletion. A deleted message keeps its place and its sequence number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<SentAt>,
    /// In the order of their first use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

impl Message {
    /// Creates a message that has not been changed, answers no other, and has no name of a stranger.
    pub fn new(MessageRef { id, sent_at }: MessageRef, author: user::Id, body: String, seq: u64) -> Self {
        Self {
            id,
            author,
            body,
            sent_at,
            seq,
            author_name: None,
            quote: None,
            changed: 0,
            edits: 0,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
        }
    }

    /// Returns a reference to the message.
    pub fn reference(&self) -> MessageRef {
        MessageRef { id: self.id, sent_at: self.sent_at.clone() }
    }

    /// True if the author has deleted the message.
    pub fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Takes over another state of the same message if it is newer. Of two quotes the one with the newer text stays.
    pub fn merge(&mut self, other: &Self) {
        let known = self.clone();
        if self.changed < other.changed {
            *self = other.clone();
            self.author_name = self.author_name.take().or(known.author_name);
        }
        for quote in [known.quote, other.quote.clone()].into_iter().flatten() {
            if let Some(shown) = &mut self.quote {
                shown.merge(&quote);
            }
        }
    }

    /// Returns the version of the text.
    pub fn version(&self) -> TextVersion {
        if self.is_deleted() { TextVersion::DELETED } else { TextVersion::edited(self.edits) }
    }

    /// Returns the quote of this message in an answer to it.
    pub fn quoted(&self) -> Quote {
        let text = (!self.is_deleted()).then(|| self.body.chars().take(QUOTE_LEN_MAX).collect());
        Quote { message: self.reference(), author: self.author, version: self.version(), text }
    }
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
