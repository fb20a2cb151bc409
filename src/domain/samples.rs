//! Sample users and messages for component tests.

use uuid::Uuid;

use crate::domain::conversation::{self, Conversation};
use crate::domain::message::{self, Message, SentAt};
use crate::domain::user::{self, DisplayName, Handle, User};

/// User number `n`. Both the handle and the display name are `text`.
pub(crate) fn user(n: u128, text: &str) -> User {
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Handle::stored(text.to_owned()),
        display_name: DisplayName::stored(text.to_owned()),
    }
}

/// Message number `n`, written by user 1.
pub(crate) fn message(n: u128, body: &str, sent_at: &str) -> Message {
    Message {
        id: message::Id(Uuid::from_u128(n)),
        author: user(1, "ana").id,
        body: body.to_owned(),
        sent_at: SentAt::stored(sent_at.to_owned()),
        seq: n as u64,
    }
}

/// Conversation number `n`, with ben.
pub(crate) fn conversation(n: u128) -> Conversation {
    Conversation {
        id: conversation::Id(Uuid::from_u128(n)),
        with: user(2, "ben"),
        preview: "hello".to_owned(),
        last_sent_at: SentAt::stored("2026-11-20T09:26:28.207802+00:00".to_owned()),
        last_author: None,
        seq: n as u64,
        read: n as u64,
        marked: 0,
        unmarked: 0,
    }
}
