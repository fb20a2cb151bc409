//! Simulated server.

use crate::domain::error::{AppError, Conflict};
use crate::domain::message::{self, Body, Message, MessageRef, set_reaction};
use crate::domain::samples;
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::unsent::{Content, Unsent};

/// Stored message, with all texts that it has had.
#[derive(Debug)]
struct Stored {
    target: Target,
    message: Message,
    texts: Vec<String>,
}

/// Messages that the server has stored, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Server {
    stored: Vec<Stored>,
    /// Entries in the order in which they were first carried out.
    pub(super) log: Vec<(message::Id, Target)>,
}

impl Server {
    /// Returns the current messages.
    pub(super) fn messages(&self) -> Vec<(Target, Message)> {
        self.stored.iter().map(|stored| (stored.target, stored.message.clone())).collect()
    }

    pub(super) fn message(&self, id: message::Id) -> Option<&Message> {
        self.stored.iter().map(|stored| &stored.message).find(|message| message.id == id)
    }

    /// Returns the current texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> + Clone {
        self.stored.iter().map(|stored| stored.message.body.as_str())
    }

    /// Carries out an entry as the sender of a page requests it, once, however often it is called.
    pub(super) fn carry_out(&mut self, item: &Unsent) -> Result<Message, AppError> {
        let message = match &item.content {
            Content::Body(_) => {
                let first = item.texts().find_map(|text| self.send(item, text));
                first.ok_or(AppError::Conflict(Conflict::MessageIdTaken))?
            }
            Content::Edit { message, edits, body } => self.edit(message, *edits, body)?,
            Content::Delete(message) => {
                let stored = self.find(message)?;
                stored.message.body.clear();
                stored.message.reactions.clear();
                stored.message.deleted_at = Some(stored.message.sent_at.clone());
                stored.message.clone()
            }
            Content::React { message, emoji, on } => {
                let stored = self.find(message)?;
                if stored.message.is_deleted() {
                    return Err(AppError::Conflict(Conflict::MessageDeleted));
                }
                set_reaction(&mut stored.message.reactions, samples::user(1, "ana").id, emoji, *on);
                stored.message.clone()
            }
        };
        if self.log.iter().all(|(id, _)| *id != item.id) {
            self.log.push((item.id, item.target));
        }
        Ok(message)
    }

    /// Stores a message. `None` if its id has another text.
    fn send(&mut self, item: &Unsent, text: &str) -> Option<Message> {
        let text = Body::parse(text).expect("a valid text").as_str().to_owned();
        if let Some(stored) = self.stored.iter().find(|stored| stored.message.id == item.id) {
            return (stored.texts.first() == Some(&text)).then(|| stored.message.clone());
        }
        let at = format!("2026-11-21T09:26:28.{:06}+00:00", self.stored.len());
        let message = Message { id: item.id, ..samples::message(1, &text, &at) };
        self.stored.push(Stored { target: item.target, message: message.clone(), texts: vec![text] });
        Some(message)
    }

    fn edit(&mut self, message: &MessageRef, edits: u32, body: &str) -> Result<Message, AppError> {
        let stored = self.find(message)?;
        let body = Body::parse(body).expect("a valid text").as_str().to_owned();
        if stored.message.is_deleted() {
            return Err(AppError::Conflict(Conflict::MessageDeleted));
        }
        let is_first_result = stored.texts.get(edits as usize + 1) == Some(&body);
        if stored.message.body != body && !is_first_result {
            if stored.message.edits != edits {
                return Err(AppError::Conflict(Conflict::MessageChanged));
            }
            stored.message.body.clone_from(&body);
            stored.message.edits += 1;
            stored.texts.push(body);
        }
        Ok(stored.message.clone())
    }

    /// Adds a word to the last message of a conversation, from another device. Returns its id, unless there is none.
    pub(super) fn edit_last(&mut self, target: Target, word: &str) -> Option<message::Id> {
        let last = self.stored.iter().rfind(|stored| stored.target == target)?;
        let (message, text) = (last.message.clone(), format!("{} {word}", last.message.body));
        self.edit(&message.reference(), message.edits, &text).ok().map(|message| message.id)
    }

    fn find(&mut self, message: &MessageRef) -> Result<&mut Stored, AppError> {
        self.stored.iter_mut().find(|stored| stored.message.id == message.id).ok_or(AppError::NotFound)
    }
}
