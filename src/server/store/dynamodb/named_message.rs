//! Message that a request names, to answer or to change it: it is read with the head of the conversation.

use crate::domain::message::MessageRef;
use crate::server::store::dynamodb::rows::MessageRow;

/// Message that a request names.
#[derive(Debug, Clone)]
pub struct NamedMessage {
    pub(super) reference: MessageRef,
    /// Its row, if it was read with the head.
    pub(super) row: Option<MessageRow>,
    /// Number of edits that the user has seen, if their page says so.
    pub(super) seen_edits: Option<u32>,
}

impl NamedMessage {
    /// Adds the number of edits that the user has seen.
    pub fn seen(self, edits: Option<u32>) -> Self {
        Self { seen_edits: edits, ..self }
    }
}

impl From<MessageRef> for NamedMessage {
    fn from(reference: MessageRef) -> Self {
        Self { reference, row: None, seen_edits: None }
    }
}

impl From<&MessageRef> for NamedMessage {
    fn from(reference: &MessageRef) -> Self {
        reference.clone().into()
    }
}
