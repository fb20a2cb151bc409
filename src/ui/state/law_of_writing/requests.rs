//! Requests of the simulated pages, and their ends.

use std::time::Duration;

use crate::domain::error::{AppError, Conflict};
use crate::domain::message::Message;
use crate::ui::state::law_of_writing::history::Fate;
use crate::ui::state::law_of_writing::simulation::Simulation;
use crate::ui::state::law_of_writing::storage::Notice;
use crate::ui::state::outbox::queue::{Outcome, State};
use crate::ui::state::outbox::unsent::Unsent;
use crate::ui::state::refusal::Refusal;

impl Simulation {
    pub(super) fn pump(&mut self, page: usize) {
        if self.sender.is_none_or(|sender| sender == page) {
            self.pages[page].reconcile(&mut self.storage, self.now);
            let due = self.pages[page].queue.start_due(self.now);
            self.pages[page].in_flight.extend(due);
            self.sender = self.pages[page].queue.is_sending().then_some(page);
        }
    }

    pub(super) fn end(&mut self, page: usize, fate: Fate) {
        let Some(item) = self.pages[page].in_flight.pop() else { return };
        let was_stored = self.server.message(item.id).is_some();
        let arrives = matches!(fate, Fate::Answered | Fate::AnswerLost) && self.is_signed_in;
        let answer = if arrives { self.carry_out(&item) } else { Err(AppError::NotFound) };
        let outcome = match (fate, answer) {
            (Fate::AnswerLost | Fate::Lost, _) => Outcome::Later(Duration::from_secs(1)),
            _ if !self.is_signed_in => Outcome::SignedOut,
            // The server returns what it has stored.
            (Fate::Refused, _) if was_stored => return self.end_with(page, &item),
            (_, Err(AppError::Conflict(Conflict::MessageChanged))) => self.edited_meanwhile(&item),
            (_, Err(error)) => Outcome::Refused(Refusal::from(&error)),
            (_, Ok(message)) => done(&item, message),
        };
        self.answer(page, &item, outcome);
    }

    /// Ends a request with the answer of the server.
    pub(super) fn end_with(&mut self, page: usize, item: &Unsent) {
        let answer = self.carry_out(item);
        let outcome = match answer {
            Ok(message) => done(item, message),
            Err(_) => self.edited_meanwhile(item),
        };
        self.answer(page, item, outcome);
    }

    pub(super) fn answer(&mut self, page: usize, item: &Unsent, outcome: Outcome) {
        self.pages[page].answered(item, outcome, (&mut self.storage, self.now));
        let shown = self.pages[page].queue.shown(self.now);
        let refused = shown.iter().filter(|shown| matches!(shown.state, State::Refused(_)));
        self.refused.extend(refused.map(|shown| shown.item.id));
        if !self.pages[page].queue.is_sending() && self.sender == Some(page) {
            self.sender = None;
        }
    }

    /// Returns the outcome of an edit of a message that has other edits than the user has seen.
    pub(super) fn edited_meanwhile(&self, item: &Unsent) -> Outcome {
        let changed = item.content.changes().and_then(|changed| self.server.message(changed.id));
        changed.map_or(Outcome::SignedOut, |message| Outcome::Edited(Box::new(message.clone())))
    }

    /// Handles a request at the server.
    pub(super) fn carry_out(&mut self, item: &Unsent) -> Result<Message, AppError> {
        let message = self.server.carry_out(item)?;
        if !item.is_change() {
            self.storage.notify_all(&Notice::Stored(item.target, Box::new(message.clone())));
        }
        Ok(message)
    }
}

fn done(item: &Unsent, message: Message) -> Outcome {
    item.target.conversation_id().map_or(Outcome::SignedOut, |id| Outcome::Done(id, Box::new(message)))
}
