//! Rules of the outbox, on plain values: data in, commands out. An entry is a message to send or a change of one. The
//! property test in `law_of_writing/` runs this code.

mod answers;

mod changes;

use std::time::Duration;

use crate::domain::conversation;
use crate::domain::message::{self, Body, Message};
use crate::domain::sorted::{SortedMap, sort_by};
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::unsent::{Content, Lane, Unsent};
use crate::ui::state::refusal::Refusal;

/// Time after which a message that is neither sent nor refused is shown as not sent.
const PATIENCE_MS: u64 = 2 * 60 * 1000;

/// Maximum number of requests at a time. Browsers open six connections to a host.
const REQUESTS_MAX: usize = 4;

/// Current time, by two clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    /// Milliseconds since the page was loaded. Never goes back, and may stand still while the device sleeps.
    pub page_ms: u64,
    /// Milliseconds since 1970, by the clock of the device, which may be wrong and may be set.
    pub wall_ms: u64,
}

/// Change of the kept messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Put(Box<Unsent>),
    Remove(message::Id),
}

/// State of an unsent message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Sending,
    /// The message has been waiting for so long that the user has to know.
    Waiting,
    Refused(Refusal),
}

/// Unsent message as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub item: Unsent,
    pub state: State,
    /// False if the browser has refused to keep the message: only this page has it.
    pub is_kept: bool,
}

impl Shown {
    /// Returns whether the entry is listed below the messages. A change shows in its message instead, unless the user
    /// has to know that it waits or was refused.
    pub fn is_listed(&self) -> bool {
        !self.item.is_change() || self.state != State::Sending
    }
}

/// Result of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has stored the message or the change. Holds the message as it is now, and its conversation.
    Done(conversation::Id, Box<Message>),
    /// The message has other edits than the user has seen. Holds the message as it is now.
    Edited(Box<Message>),
    /// The attempt may succeed later: no answer, or one that is not final.
    Later(Duration),
    /// The session has ended. Nothing is sent before [`Queue::hurry`].
    SignedOut,
    /// Final answer of the server.
    Refused(Refusal),
}

/// Unsent messages of a page, and the attempts to send them.
#[derive(Debug, Default)]
pub struct Queue {
    /// In the order of writing.
    entries: Vec<Entry>,
    lanes: SortedMap<Lane, Attempts>,
    /// Entries that are stored or discarded, as this page knows, and the version of each. Another page may put one of
    /// them back, because it does not know that yet. A later version has another text, and stays.
    gone: SortedMap<message::Id, usize>,
    is_paused: bool,
}

#[derive(Debug)]
struct Entry {
    item: Unsent,
    is_kept: bool,
    seen_at_ms: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Attempts {
    is_sending: bool,
    /// Number of failures in a row.
    failures: u32,
    not_before_ms: u64,
}

impl Queue {
    /// Takes over the kept messages, and returns the commands that put back what is missing. A missing message has not
    /// been sent: a page that removes one says so ([`Queue::removed`]). So the browser's storage was wiped.
    pub fn reconcile(&mut self, kept: Vec<Unsent>, now: Now) -> Vec<Command> {
        let mut commands = Vec::new();
        let ids: Vec<_> = kept.iter().map(|item| item.id).collect();
        for item in kept {
            if self.is_gone(&item) {
                commands.push(Command::Remove(item.id));
                continue;
            }
            match self.entries.iter_mut().find(|entry| entry.item.id == item.id) {
                Some(entry) => entry.take_over(item),
                None => self.entries.push(Entry { item, is_kept: true, seen_at_ms: now.page_ms }),
            }
        }
        // A reaction that comes back could undo a later one, so it counts as sent.
        let is_lost_reaction = |entry: &Entry| {
            entry.is_kept && !ids.contains(&entry.item.id) && matches!(entry.item.content, Content::React { .. })
        };
        self.entries.retain(|entry| !is_lost_reaction(entry));
        let is_missing = |entry: &&Entry| !entry.is_kept || !ids.contains(&entry.item.id);
        commands.extend(self.entries.iter().filter(is_missing).map(|entry| Command::Put(Box::new(entry.item.clone()))));
        self.sort();
        commands
    }

    /// Notes whether the browser keeps a message after [`Command::Put`].
    pub fn note_kept(&mut self, id: message::Id, is_kept: bool) {
        for entry in self.entries.iter_mut().filter(|entry| entry.item.id == id) {
            entry.is_kept = is_kept;
        }
    }

    /// Removes an entry that is stored, or that the user has discarded.
    pub fn removed(&mut self, id: message::Id) -> Vec<Command> {
        if let Some(at) = self.entries.iter().position(|entry| entry.item.id == id) {
            let removed = self.entries.remove(at);
            self.note_gone(&removed.item);
        }
        vec![Command::Remove(id)]
    }

    /// Removes an entry that another page has removed from what the browser keeps, unless the user has written another
    /// text here, of which that page did not know. [`Queue::reconcile`] follows, and puts that one back.
    pub fn removed_elsewhere(&mut self, item: &Unsent) -> Vec<Command> {
        self.note_gone(item);
        let known = self.entries.iter().find(|entry| entry.item.id == item.id);
        if known.is_some_and(|entry| !self.is_gone(&entry.item)) { Vec::new() } else { self.removed(item.id) }
    }

    fn note_gone(&mut self, item: &Unsent) {
        let version = self.gone.or_default(item.id);
        *version = item.replaced.len().max(*version);
    }

    fn is_gone(&self, item: &Unsent) -> bool {
        self.gone.get(&item.id).is_some_and(|version| item.replaced.len() <= *version)
    }

    /// Returns the messages to send now, at most one per lane, and counts them as being sent.
    pub fn start_due(&mut self, now: Now) -> Vec<Unsent> {
        let mut free = REQUESTS_MAX.saturating_sub(self.lanes.values().filter(|lane| lane.is_sending).count());
        let mut due = Vec::new();
        if self.is_paused {
            return due;
        }
        for item in self.heads().into_iter().cloned().collect::<Vec<_>>() {
            let attempts = self.lanes.or_default(item.lane());
            if free > 0 && !attempts.is_sending && attempts.not_before_ms <= now.page_ms {
                attempts.is_sending = true;
                free -= 1;
                due.push(item);
            }
        }
        due
    }

    /// Returns the time, by the clock of the page, at which the next message can be sent.
    pub fn next_due_ms(&self) -> Option<u64> {
        let attempts = |item: &Unsent| self.lanes.get(&item.lane()).copied().unwrap_or_default();
        let waiting = self.heads().into_iter().map(attempts).filter(|lane| !lane.is_sending);
        waiting.map(|lane| lane.not_before_ms).min().filter(|_| !self.is_paused)
    }

    /// Returns whether a request is in progress.
    pub fn is_sending(&self) -> bool {
        self.lanes.values().any(|lane| lane.is_sending)
    }

    /// Returns the number of failures in a row at the lane of `item`.
    pub fn failures(&self, item: &Unsent) -> u32 {
        self.lanes.get(&item.lane()).map_or(0, |lane| lane.failures)
    }

    /// Lets every message be sent at once: the connection or the session is back.
    pub fn hurry(&mut self) {
        self.is_paused = false;
        for lane in self.lanes.values_mut() {
            lane.not_before_ms = 0;
        }
    }

    /// Forgets all messages: the user has signed out and discarded them. Removes them once more, in case a page has put
    /// one back before it knew.
    pub fn forget(&mut self) -> Vec<Command> {
        self.gone.extend(self.entries.iter().map(|entry| (entry.item.id, entry.item.replaced.len())));
        self.entries.drain(..).map(|entry| Command::Remove(entry.item.id)).collect()
    }

    /// Returns whether a message is not stored yet.
    pub fn contains(&self, id: message::Id) -> bool {
        self.entries.iter().any(|entry| entry.item.id == id)
    }

    /// Returns the target of a message.
    pub fn target(&self, id: message::Id) -> Option<Target> {
        self.entries.iter().find(|entry| entry.item.id == id).map(|entry| entry.item.target)
    }

    /// Returns all messages as the page shows them, in the order of writing.
    pub fn shown(&self, now: Now) -> Vec<Shown> {
        self.entries.iter().map(|entry| entry.shown(now)).collect()
    }

    /// Returns the first message of each lane that the server has not refused. A refused message does not hold up the
    /// rest.
    fn heads(&self) -> Vec<&Unsent> {
        let mut heads: Vec<&Unsent> = Vec::new();
        for item in self.entries.iter().map(|entry| &entry.item).filter(|item| item.refused.is_none()) {
            if heads.iter().all(|head| head.lane() != item.lane()) {
                heads.push(item);
            }
        }
        heads
    }

    /// Sorts in the order of writing. The ids decide between messages of an earlier version, and between two that were
    /// written on two pages at the same moment.
    fn sort(&mut self) {
        let place = |entry: &Entry| (entry.item.order, entry.item.id);
        sort_by(&mut self.entries, |one, other| place(one).cmp(&place(other)));
    }
}

/// Returns whether the server stores `text` as `stored`.
pub fn is_same_text(text: &str, stored: &str) -> bool {
    Body::parse(text).is_ok_and(|body| body.as_str() == stored)
}

impl Entry {
    /// Takes over the kept state of the entry, unless this page knows a later text, or could not keep what it knows.
    fn take_over(&mut self, kept: Unsent) {
        let (theirs, ours) = (kept.replaced.len(), self.item.replaced.len());
        if theirs > ours || (theirs == ours && self.is_kept) {
            self.item = kept;
            self.is_kept = true;
        } else if theirs < ours {
            self.is_kept = false;
        }
    }

    fn shown(&self, now: Now) -> Shown {
        let by_page = now.page_ms.saturating_sub(self.seen_at_ms);
        // An earlier version has kept no time.
        let by_clock = now.wall_ms.saturating_sub(self.item.written_at_ms);
        let waits = by_page.max(if self.item.written_at_ms == 0 { 0 } else { by_clock }) >= PATIENCE_MS;
        let state = match &self.item.refused {
            Some(refusal) => State::Refused(refusal.clone()),
            None if waits => State::Waiting,
            None => State::Sending,
        };
        Shown { item: self.item.clone(), state, is_kept: self.is_kept }
    }
}

#[cfg(test)]
mod tests;
