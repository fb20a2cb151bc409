//! Modes of a composer, and the message that it hands over for sending.

use crate::domain::message::{self, Message, MessageRef};

/// Mode of a conversation's composer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Composing {
    /// A new message.
    #[default]
    New,
    /// A new message that answers this one.
    Reply(Box<Message>),
    /// Another text for one of the user's own messages.
    Edit(Box<Message>),
    /// Another text for a message that is still in the outbox, and its current text.
    EditUnsent { id: message::Id, body: String },
}

impl Composing {
    /// Returns the text that is being edited.
    pub fn edited_text(&self) -> Option<&str> {
        match self {
            Self::New | Self::Reply(_) => None,
            Self::Edit(message) => Some(&message.body),
            Self::EditUnsent { body, .. } => Some(body),
        }
    }

    /// Returns the id of the message whose text is being edited.
    pub fn edited_id(&self) -> Option<message::Id> {
        match self {
            Self::New | Self::Reply(_) => None,
            Self::Edit(message) => Some(message.id),
            Self::EditUnsent { id, .. } => Some(*id),
        }
    }

    /// Returns whether a text is being edited.
    pub fn is_edit(&self) -> bool {
        self.edited_text().is_some()
    }
}

/// Message that the composer hands over for sending.
#[derive(Debug, Clone)]
pub struct OutgoingMessage {
    pub id: message::Id,
    pub body: String,
    /// The message that this one answers.
    pub reply_to: Option<MessageRef>,
}
