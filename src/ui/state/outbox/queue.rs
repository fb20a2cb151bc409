//! Rules of the outbox, on plain values: data in, commands out. The property test in `law_of_writing/` runs this code.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::error::{AppError, Conflict};
use crate::domain::message;
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::unsent::{Lane, NewMessage, Unsent};
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
    Put(Unsent),
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

/// Result of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Stored,
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
    lanes: BTreeMap<Lane, Attempts>,
    /// Messages that are stored or discarded, as this page knows. Another page may put one of them back, because it
    /// does not know that yet.
    gone: BTreeSet<message::Id>,
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
        let ids: BTreeSet<_> = kept.iter().map(|item| item.id).collect();
        for item in kept {
            if self.gone.contains(&item.id) {
                commands.push(Command::Remove(item.id));
                continue;
            }
            match self.entries.iter_mut().find(|entry| entry.item.id == item.id) {
                Some(entry) if entry.is_kept => entry.item = item,
                // The page could not keep what it knows.
                Some(_) => {}
                None => self.entries.push(Entry { item, is_kept: true, seen_at_ms: now.page_ms }),
            }
        }
        let is_missing = |entry: &&Entry| !entry.is_kept || !ids.contains(&entry.item.id);
        commands.extend(self.entries.iter().filter(is_missing).map(|entry| Command::Put(entry.item.clone())));
        self.sort();
        commands
    }

    /// Notes whether the browser keeps a message after [`Command::Put`].
    pub fn note_kept(&mut self, id: message::Id, is_kept: bool) {
        for entry in self.entries.iter_mut().filter(|entry| entry.item.id == id) {
            entry.is_kept = is_kept;
        }
    }

    /// Adds a message. [`Queue::reconcile`] comes first, so that the order covers the messages of other pages.
    pub fn push(&mut self, new: NewMessage, now: Now) -> Vec<Command> {
        let NewMessage { id, target, peer, to, body } = new;
        let order = self.entries.iter().map(|entry| entry.item.order).max().unwrap_or(0) + 1;
        let item = Unsent { id, target, peer, to, order, written_at_ms: now.wall_ms, body, refused: None };
        self.entries.push(Entry { item: item.clone(), is_kept: false, seen_at_ms: now.page_ms });
        vec![Command::Put(item)]
    }

    /// Removes a message that is stored, was discarded by the user, or was removed by another page for such a reason.
    pub fn removed(&mut self, id: message::Id) -> Vec<Command> {
        self.gone.insert(id);
        self.entries.retain(|entry| entry.item.id != id);
        vec![Command::Remove(id)]
    }

    /// Lets a refused message be sent again, under the id `fresh` if the server will never accept the old one.
    pub fn retry(&mut self, id: message::Id, fresh: message::Id) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        let reason = entry.item.refused.take().map(|refusal| refusal.reason().err());
        entry.is_kept = false;
        let mut commands = Vec::new();
        if let Some(Some(AppError::Conflict(Conflict::MessageTooOld | Conflict::MessageIdTaken))) = reason {
            entry.item.id = fresh;
            self.gone.insert(id);
            commands.push(Command::Remove(id));
        }
        commands.push(Command::Put(entry.item.clone()));
        commands
    }

    /// Returns the messages to send now, at most one per lane, and counts them as being sent.
    pub fn start_due(&mut self, now: Now) -> Vec<Unsent> {
        let mut free = REQUESTS_MAX.saturating_sub(self.lanes.values().filter(|lane| lane.is_sending).count());
        let mut due = Vec::new();
        if self.is_paused {
            return due;
        }
        for item in self.heads().into_iter().cloned().collect::<Vec<_>>() {
            let attempts = self.lanes.entry(item.lane()).or_default();
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

    /// Ends an attempt that [`Queue::start_due`] has started.
    pub fn answered(&mut self, item: &Unsent, outcome: Outcome, now: Now) -> Vec<Command> {
        let lane = self.lanes.entry(item.lane()).or_default();
        lane.is_sending = false;
        lane.failures = if let Outcome::Later(_) = outcome { lane.failures + 1 } else { 0 };
        match outcome {
            Outcome::Stored => self.removed(item.id),
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

    fn refuse(&mut self, id: message::Id, refusal: Refusal) -> Vec<Command> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.item.id == id) else { return Vec::new() };
        entry.item.refused = Some(refusal);
        entry.is_kept = false;
        vec![Command::Put(entry.item.clone())]
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
        let ids: Vec<_> = self.entries.drain(..).map(|entry| entry.item.id).collect();
        self.gone.extend(&ids);
        ids.into_iter().map(Command::Remove).collect()
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
        let mut lanes = BTreeSet::new();
        let unrefused = self.entries.iter().map(|entry| &entry.item).filter(|item| item.refused.is_none());
        unrefused.filter(|item| lanes.insert(item.lane())).collect()
    }

    /// Sorts in the order of writing. The ids decide between messages of an earlier version, and between two that were
    /// written on two pages at the same moment.
    fn sort(&mut self) {
        self.entries.sort_by_key(|entry| (entry.item.order, entry.item.id));
    }
}

impl Entry {
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
