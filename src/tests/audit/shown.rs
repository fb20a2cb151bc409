//! Messages, inbox rows and answers as a reader shows them.

use std::collections::HashMap;

use cruddur_messages::domain::conversation::{self, PREVIEW_LEN_MAX};
use cruddur_messages::domain::message::{self, BODY_LEN_MAX, Message, QUOTE_LEN_MAX, Reaction, SentAt};
use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::table::SortTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::texts::{ShownText, text_of};

/// Message as shown by a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownMessage {
    pub id: message::Id,
    pub author: user::Id,
    /// Sequence number, if the reader shows it.
    pub seq: Option<u32>,
    /// Time, in microseconds since 1970.
    pub at: i64,
    pub text: ShownText,
    /// Number of edits, if the reader shows it.
    pub edits: Option<u32>,
    /// Time of the last edit, in microseconds since 1970.
    pub edited_at: Option<i64>,
    /// Revision of the last change, if the reader shows it.
    pub changed: Option<u64>,
    pub reactions: Vec<Reaction>,
    pub quote: Option<ShownQuote>,
}

/// Quote of another message.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownQuote {
    pub id: message::Id,
    /// The quoted text, if the reader shows it.
    pub text: Option<ShownText>,
}

/// Message with its history.
#[derive(Debug, Clone)]
pub struct ShownHistory {
    pub message: ShownMessage,
    /// Its texts, the oldest first, and the time of each.
    pub versions: Vec<(ShownText, i64)>,
}

/// Answer to a page that asks for the changes after a revision.
#[derive(Debug, Clone)]
pub struct CatchUp {
    /// Revision of the page.
    pub after: u64,
    /// Revision that the answer leads to.
    pub rev: u64,
    /// True if the answer says that changes are missing.
    pub is_trimmed: bool,
    pub messages: Vec<ShownMessage>,
}

/// Inbox row as shown by a reader.
#[derive(Debug, Clone)]
pub struct ShownRow {
    /// Beginning of the newest message.
    pub preview: String,
    /// Sequence number of the newest message, if the reader shows it.
    pub seq: Option<u32>,
    /// Unread count, if the reader shows it.
    pub unread: Option<u64>,
}

/// Everything shown by a reader.
#[derive(Debug, Default)]
pub struct Reading {
    /// Messages of each conversation, oldest first.
    pub conversations: HashMap<conversation::Id, Vec<ShownMessage>>,
    /// Messages with their histories, as far as the reader has asked for them.
    pub histories: Vec<ShownHistory>,
    /// Answers to pages that catch up with changes, if the reader can ask for them.
    pub catch_ups: Option<HashMap<conversation::Id, CatchUp>>,
    /// Inbox rows by owner and conversation.
    pub inboxes: HashMap<(u16, conversation::Id), Vec<ShownRow>>,
    /// Number of requests of strangers with another response than Not Found.
    pub intrusions: u64,
    /// Number of rows that cannot be read.
    pub unreadable_rows: u64,
}

impl ShownMessage {
    /// Converts a message of a page. `None` if its time or its number is unreadable.
    pub fn of(message: &Message) -> Option<Self> {
        let quote = message.quote.as_ref().map(|quote| {
            let id = quote.message.id;
            ShownQuote { id, text: Some(ShownText::of(id, quote.text.as_deref(), QUOTE_LEN_MAX)) }
        });
        Some(Self {
            id: message.id,
            author: message.author,
            seq: Some(message.seq.try_into().ok()?),
            at: micros(&message.sent_at)?,
            text: shown_body(message.id, &message.body, message.is_deleted()),
            edits: Some(message.edits),
            edited_at: message.edited_at.as_ref().and_then(micros),
            changed: Some(message.changed),
            reactions: message.reactions.clone(),
            quote,
        })
    }

    /// Returns the time in the form of the servers.
    pub fn sent_at(&self) -> anyhow::Result<SentAt> {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.at) * 1000)?;
        Ok(SortTime::from(at).sent_at())
    }

    /// Returns the beginning of the text, as a list should show it: nothing for a deleted message.
    pub fn preview(&self) -> Option<String> {
        match self.text {
            ShownText::Number(number) => Some(preview(&text_of(self.id, number))),
            ShownText::Deleted => Some(String::new()),
            ShownText::Altered => None,
        }
    }
}

/// Recognizes the text of a message. A deleted message must have none.
pub fn shown_body(id: message::Id, body: &str, is_deleted: bool) -> ShownText {
    if is_deleted && !body.is_empty() {
        return ShownText::Altered;
    }
    ShownText::of(id, (!is_deleted).then_some(body), BODY_LEN_MAX)
}

/// Returns a time in microseconds since 1970.
pub fn micros(at: &SentAt) -> Option<i64> {
    let nanos = OffsetDateTime::parse(at.as_str(), &Rfc3339).ok()?.unix_timestamp_nanos();
    (nanos / 1000).try_into().ok()
}

/// Returns the beginning of a text, as shown in a list.
pub fn preview(text: &str) -> String {
    text.chars().take(PREVIEW_LEN_MAX).collect()
}
