//! Mode of a composer, as the browser keeps it.

use serde::{Deserialize, Serialize};

use crate::domain::message::{self, Message, MessageRef, SentAt};
use crate::domain::user;
use crate::ui::state::composing::Composing;
use crate::ui::state::page_resource::read_json;

/// The message that the draft answers, the message that is being edited instead of the draft, and the changed texts of
/// edits that another command has interrupted. Holds no text of another user: the author may delete it meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMode {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edit: Option<KeptEdit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interrupted: Vec<(message::Id, String)>,
}

/// Message that is being edited, as it was when the edit began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptEdit {
    id: message::Id,
    /// `None` if the message was in the outbox.
    sent_at: Option<SentAt>,
    edits: u32,
    body: String,
}

impl KeptMode {
    /// Returns what to keep, without interrupted edits. `draft` is what the composer writes after an edit.
    pub fn of(composing: &Composing, draft: &Composing) -> Self {
        let edit = match composing {
            Composing::New | Composing::Reply(_) => None,
            Composing::Edit(message) => Some(KeptEdit {
                id: message.id,
                sent_at: Some(message.sent_at.clone()),
                edits: message.edits,
                body: message.body.clone(),
            }),
            Composing::EditUnsent { id, body } => {
                Some(KeptEdit { id: *id, sent_at: None, edits: 0, body: body.clone() })
            }
        };
        let answers = if composing.is_edit() { draft } else { composing };
        let reply_to = match answers {
            Composing::Reply(message) => Some(message.reference()),
            Composing::New | Composing::Edit(_) | Composing::EditUnsent { .. } => None,
        };
        Self { reply_to, edit, interrupted: Vec::new() }
    }

    /// Returns what is being edited by `me`, if anything is.
    pub fn editing(self, me: user::Id) -> Option<Composing> {
        let KeptEdit { id, sent_at, edits, body } = self.edit?;
        Some(match sent_at {
            Some(sent_at) => {
                let message = MessageRef { id, sent_at };
                Composing::Edit(Box::new(Message { edits, body, ..unloaded(message, me) }))
            }
            None => Composing::EditUnsent { id, body },
        })
    }

    /// Reads a kept value. A value of another version is a new message.
    pub fn read(kept: &str) -> Self {
        read_json(kept).unwrap_or_default()
    }

    /// Returns the value to keep: empty for a new message.
    pub fn text(&self) -> String {
        if *self == Self::default() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }
}

/// Returns a message that the page has not loaded. Its text is empty.
pub fn unloaded(message: MessageRef, author: user::Id) -> Message {
    Message::new(message, author, String::new(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn an_edit_and_the_answer_that_it_interrupts_are_read_as_they_were_kept() {
        let me = samples::user(1, "ana").id;
        let original = samples::message(7, "theirs", "2026-11-21T09:26");
        let edited = Message { edits: 2, seq: 0, ..samples::message(8, "mine", "2026-11-21T09:27") };
        let reply = Composing::Reply(Box::new(original.clone()));
        let unsent = Composing::EditUnsent { id: edited.id, body: "not sent".to_owned() };
        for edit in [Composing::Edit(Box::new(edited)), unsent] {
            let text = KeptMode::of(&edit, &reply).text();
            assert!(!text.contains("theirs"), "{text}");
            let kept = KeptMode::read(&text);
            assert_eq!(kept.reply_to, Some(original.reference()));
            assert_eq!(kept.editing(me), Some(edit));
        }
        assert_eq!(KeptMode::of(&reply, &Composing::New).reply_to, Some(original.reference()));
    }

    #[test]
    fn interrupted_edits_are_read_as_they_were_kept() {
        let edited = samples::message(8, "mine", "2026-11-21T09:27");
        let interrupted = KeptMode { interrupted: vec![(edited.id, "mine?".to_owned())], ..KeptMode::default() };
        assert_eq!(KeptMode::read(&interrupted.text()), interrupted);
    }

    #[test]
    fn a_new_message_and_a_value_that_cannot_be_read_are_nothing() {
        assert_eq!(KeptMode::of(&Composing::New, &Composing::New).text(), "");
        for kept in ["", "{", "7"] {
            assert_eq!(KeptMode::read(kept), KeptMode::default(), "{kept}");
        }
    }
}
