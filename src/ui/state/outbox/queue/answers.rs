//! Answers of the server to the entries of the outbox.

use crate::domain::conversation;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::{self, Message};
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::queue::{Command, Entry, Now, Outcome, Queue, is_same_text};
use crate::ui::state::outbox::unsent::{Content, Unsent};
use crate::ui::state::refusal::Refusal;

impl Queue {
    /// Ends an attempt that [`Queue::start_due`] has started.
    pub fn answered(&mut self, item: &Unsent, outcome: Outcome, now: Now) -> Vec<Command> {
        let lane = self.lanes.or_default(item.lane());
        lane.is_sending = false;
        lane.failures = if let Outcome::Later(_) = outcome { lane.failures + 1 } else { 0 };
        match outcome {
            Outcome::Done(conversation, message) => self.done(item, conversation, &message),
            Outcome::Edited(message) => self.edited_meanwhile(item.id, &message),
            Outcome::Later(wait) => {
                lane.not_before_ms = now.page_ms + wait.as_millis() as u64;
                Vec::new()
            }
            Outcome::SignedOut => {
                self.is_paused = true;
                Vec::new()
            }
            Outcome::Refused(refusal) => self.refuse(item.id, refusal),
        }
    }

    /// Ends an entry that was sent as `item`. The server has stored it, and the message is now `message`. A text that
    /// the user has changed meanwhile, or since an attempt whose answer was lost, becomes an edit.
    fn done(&mut self, item: &Unsent, conversation: conversation::Id, message: &Message) -> Vec<Command> {
        let entry = self.entries.iter_mut().find(|entry| entry.item.id == item.id);
        let Some(Entry { item: wanted, is_kept, .. }) = entry else {
            self.note_gone(item);
            return vec![Command::Remove(item.id)];
        };
        match (&item.content, &mut wanted.content) {
            (Content::Body(_), Content::Body(body)) => {
                if wanted.replaced.is_empty() || is_same_text(body, &message.body) {
                    return self.removed(item.id);
                }
                let body = std::mem::take(body);
                wanted.content = Content::Edit { message: message.reference(), edits: 0, body };
                wanted.target = Target::Conversation(conversation);
            }
            // The event came before the answer.
            (Content::Body(_), _) => return Vec::new(),
            (Content::Edit { body: sent, .. }, Content::Edit { body, edits, .. }) if sent != body => {
                *edits = message.edits;
            }
            _ => return self.removed(item.id),
        }
        *is_kept = false;
        vec![Command::Put(Box::new(wanted.clone()))]
    }

    /// Notes that the server has stored a message, if it is one of these. If its text is neither the wanted one nor one
    /// that was replaced, another page has written it, and the notice of that follows.
    pub fn stored(&mut self, conversation: conversation::Id, message: &Message) -> Vec<Command> {
        let sent = self.entries.iter().map(|entry| &entry.item).find(|item| item.id == message.id);
        let is_known = |item: &&Unsent| {
            matches!(item.content, Content::Body(_))
                && (item.replaced.is_empty() || item.texts().any(|text| is_same_text(text, &message.body)))
        };
        match sent.filter(is_known).cloned() {
            Some(item) => self.done(&item, conversation, message),
            None => Vec::new(),
        }
    }

    /// Takes over the edits of a message that the user has not seen when they edited it. The edit is refused, unless
    /// the message has an earlier text of this very edit: the answer to that attempt was lost. If the user sends it
    /// again after the refusal, they have seen the other text.
    fn edited_meanwhile(&mut self, id: message::Id, message: &Message) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        if let Content::Edit { edits, .. } = &mut entry.item.content {
            *edits = message.edits;
        }
        let is_own = entry.item.replaced.iter().any(|text| is_same_text(text, &message.body));
        if !is_own {
            return self.refuse(id, Refusal::from(&AppError::Conflict(Conflict::MessageChanged)));
        }
        entry.is_kept = false;
        vec![Command::Put(Box::new(entry.item.clone()))]
    }

    fn refuse(&mut self, id: message::Id, refusal: Refusal) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        entry.item.refused = Some(refusal);
        entry.is_kept = false;
        vec![Command::Put(Box::new(entry.item.clone()))]
    }
}
