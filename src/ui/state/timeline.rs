//! The part of a conversation that a page has loaded.

mod merging;
mod revisions;
#[cfg(test)]
mod tests;

use crate::domain::changes::Changes;
use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::{Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::ui::state::timeline::merging::{merge, refresh_quotes};
use crate::ui::state::timeline::revisions::Revisions;

pub use crate::ui::state::timeline::revisions::ChangesPull;

/// Maximum number of messages that a page keeps.
pub const SHOWN_MAX: usize = 300;

/// A run of a conversation's messages without a gap, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    conversation: conversation::Id,
    messages: Vec<Message>,
    older: Option<Cursor>,
    /// True if messages are known to exist after the last one of `messages`.
    has_newer: bool,
    /// The highest sequence number that the page knows of, loaded or not.
    latest_seq: u64,
    revisions: Revisions,
    /// Number of times that events may have been missed. A response to a pull with another number may be incomplete.
    gaps: u64,
    /// Number of times that the last messages were dropped. A response to a pull with another number may have them in
    /// an older state than the page has shown.
    drops: u64,
}

/// Request for the messages after a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Time of the last loaded message; `None` asks from the first message of the conversation on.
    pub after: Option<SentAt>,
    gaps: u64,
    drops: u64,
}

impl Timeline {
    /// Starts with a page of a conversation.
    pub fn new(conversation: conversation::Id, page: Page<Message>) -> Self {
        let mut timeline = Self {
            conversation,
            older: page.older,
            has_newer: page.newer.is_some(),
            latest_seq: 0,
            revisions: Revisions::new(page.rev),
            gaps: 0,
            drops: 0,
            messages: page.items,
        };
        timeline.latest_seq = timeline.last_seq();
        timeline
    }

    /// Returns the loaded messages, oldest first.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Returns the cursor of the page before the loaded messages; `None` at the beginning of the conversation.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Returns whether the newest message that the page knows of is loaded.
    pub fn is_at_newest(&self) -> bool {
        !self.has_newer && self.latest_seq <= self.last_seq()
    }

    /// Returns the highest sequence number that the page knows of, loaded or not.
    pub fn latest_seq(&self) -> u64 {
        self.latest_seq
    }

    /// Replaces the timeline with another page of the conversation. `pull` was made when `page` was requested. Returns
    /// false if the page is out of date, and must be requested again.
    pub fn replace(&mut self, pull: &Pull, page: Page<Message>) -> bool {
        if pull.drops != self.drops {
            return false;
        }
        let mut revisions = self.revisions.clone();
        revisions.replace(page.rev, pull.gaps != self.gaps);
        let known = std::mem::replace(self, Self::new(self.conversation, page));
        self.latest_seq = self.latest_seq.max(known.latest_seq);
        self.revisions = revisions;
        self.gaps = known.gaps;
        self.drops = known.drops + 1;
        // An event may have brought a newer state of a message than the server had when it read the page.
        for message in &known.messages {
            merge(&mut self.messages, message);
        }
        // The page does not contain what was missed after the server read it. A late event must not append a message
        // again that was loaded.
        self.has_newer |= pull.gaps != self.gaps || known.last_seq() > self.last_seq();
        true
    }

    /// Returns the request for the messages after the loaded ones.
    pub fn pull(&self) -> Pull {
        Pull { after: self.last_sent_at().cloned(), gaps: self.gaps, drops: self.drops }
    }

    /// Returns the sequence number of the last loaded message that has one; 0 if none has.
    pub fn last_seq(&self) -> u64 {
        self.messages.iter().rev().map(|message| message.seq).find(|seq| *seq > 0).unwrap_or(0)
    }

    /// Applies an event. A message that does not directly follow the last loaded one only raises
    /// [`Timeline::latest_seq`]; [`Timeline::is_at_newest`] is then false, and the caller pulls.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message, rev } if *conversation == self.conversation => {
                self.remove_unnumbered(message);
                if !self.has_newer && message.seq == self.last_seq() + 1 {
                    self.messages.push(message.clone());
                    self.note_added(*rev);
                }
                self.latest_seq = self.latest_seq.max(message.seq);
            }
            Event::MessageChanged { conversation, message } if *conversation == self.conversation => {
                merge(&mut self.messages, message);
                self.revisions.note_change(message.changed);
            }
            // There may be more messages; only the server knows.
            Event::Resync => {
                self.has_newer = true;
                self.revisions.note_gap();
                self.gaps += 1;
            }
            _ => {}
        }
    }

    /// Appends the response to `pull`.
    pub fn extend(&mut self, pull: &Pull, page: Page<Message>) {
        if pull.drops != self.drops {
            // The page does not follow the last message that is left, or contains those that were dropped since.
            return;
        }
        for message in &page.items {
            self.remove_unnumbered(message);
        }
        let (len, last) = (self.messages.len(), self.last_sent_at().cloned());
        for message in page.items {
            if Some(&message.sent_at) > last.as_ref() {
                self.messages.push(message);
            } else {
                merge(&mut self.messages, &message);
            }
        }
        if self.messages.len() > len {
            self.note_added(page.rev);
        }
        self.latest_seq = self.latest_seq.max(self.last_seq());
        // The page does not contain what was missed after the server read it, and its revision does not tell of it.
        let has_missed = pull.gaps != self.gaps;
        self.has_newer = page.newer.is_some() || has_missed;
        self.revisions.note_latest(page.rev, has_missed);
    }

    /// Prepends the page that the server returned for `cursor`.
    pub fn prepend(&mut self, cursor: &Cursor, page: Page<Message>) {
        // Another response came first, or the oldest messages were dropped: the page does not end where this one
        // begins.
        if self.older.as_ref() != Some(cursor) {
            return;
        }
        let (known, older): (Vec<_>, Vec<_>) = page.items.into_iter().partition(|message| self.contains(message));
        for message in &known {
            merge(&mut self.messages, message);
        }
        if !older.is_empty() {
            self.messages.splice(0..0, older);
            self.note_added(page.rev);
        }
        self.older = page.older;
    }

    /// Returns the request for the changes that the loaded messages do not show; `None` if they show all that the page
    /// knows of.
    pub fn pull_changes(&mut self) -> Option<ChangesPull> {
        let ends = self.messages.first().zip(self.messages.last());
        self.revisions.pull(ends.map(|(first, last)| (&first.sent_at, &last.sent_at)), self.gaps)
    }

    /// Reports whether there are changes that the loaded messages do not show, or may be.
    pub fn lacks_changes(&self) -> bool {
        self.revisions.lack_changes()
    }

    /// Reports whether there are changes that the page knows of and the loaded messages do not show.
    pub fn lacks_known_changes(&self) -> bool {
        self.revisions.lack_known_changes()
    }

    /// Applies the response to [`ChangesPull::After`].
    pub fn apply_changes(&mut self, pull: &ChangesPull, changes: &Changes) {
        for message in &changes.messages {
            merge(&mut self.messages, message);
        }
        self.revisions.note_changes(pull, changes, self.messages.is_empty(), self.gaps);
    }

    /// Applies the response to [`ChangesPull::Reload`].
    pub fn apply_reload(&mut self, pull: &ChangesPull, page: &Page<Message>) {
        for message in &page.items {
            merge(&mut self.messages, message);
        }
        self.revisions.note_reload(pull, page, self.gaps);
    }

    /// Drops the oldest messages beyond [`SHOWN_MAX`]. They can be loaded again.
    pub fn forget_oldest(&mut self) {
        let excess = self.messages.len().saturating_sub(SHOWN_MAX);
        // Legacy messages are never requested by time: theirs may be written in another form.
        if excess > 0 && self.messages[excess].seq > 0 {
            self.messages.drain(..excess);
            self.older = self.messages.first().map(|first| Cursor::before(&first.sent_at));
        }
    }

    /// Drops the newest messages beyond [`SHOWN_MAX`], and returns whether there were any. They can be loaded again.
    pub fn forget_newest(&mut self) -> bool {
        // As above: the messages after a legacy message cannot be requested by its time.
        let is_too_long = self.messages.len() > SHOWN_MAX && self.messages[SHOWN_MAX - 1].seq > 0;
        if is_too_long {
            self.messages.truncate(SHOWN_MAX);
            self.has_newer = true;
            self.drops += 1;
        }
        is_too_long
    }

    /// Notes that messages were added which show the changes up to `rev`, and may lack later ones.
    fn note_added(&mut self, rev: u64) {
        self.revisions.note_added(rev);
        refresh_quotes(&mut self.messages);
    }

    /// Removes a loaded message that the server has numbered since: the old app wrote it, and its time may have
    /// changed.
    fn remove_unnumbered(&mut self, numbered: &Message) {
        let len = self.messages.len();
        if numbered.seq > 0 {
            self.messages.retain(|known| known.seq > 0 || known.id != numbered.id);
        }
        if self.messages.len() < len {
            self.drops += 1;
        }
    }

    fn last_sent_at(&self) -> Option<&SentAt> {
        self.messages.last().map(|message| &message.sent_at)
    }

    fn contains(&self, message: &Message) -> bool {
        self.messages.iter().rev().any(|known| known.id == message.id)
    }
}
