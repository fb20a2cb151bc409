//! The rows of the user's inbox that a page has loaded.

#[cfg(test)]
mod tests;

use crate::domain::conversation::{self, Conversation};
use crate::domain::event::Event;
use crate::domain::message::{Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::sorted::sort_by;
use crate::domain::user;
use crate::ui::state::expected_rows::{ExpectedRows, RowState, is_above};

/// The newest conversations, newest first, down to some depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRows {
    me: user::Id,
    rows: Vec<Conversation>,
    older: Option<Cursor>,
    /// Time at which `older` begins. The rows contain all conversations after it.
    end: Option<SentAt>,
    /// True if an event may have changed something that the rows do not show.
    has_gap: bool,
    /// Newest known states of conversations without a row: the server has not shown it yet, or it is below the rows.
    expected: ExpectedRows,
    /// Number of times that events may have been missed. A response to a pull with another number may be incomplete.
    gaps: u64,
}

/// Request for the newest conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    /// Number of rows that the response must have, unless the user has fewer conversations.
    pub depth: usize,
    gaps: u64,
    attempt: u32,
}

/// Request for the conversations after the loaded rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OlderPull {
    pub cursor: Cursor,
    gaps: u64,
}

impl InboxRows {
    /// Starts with the first page, or pages, of the server's list.
    pub fn new(me: user::Id, page: Page<Conversation>) -> Self {
        Self {
            me,
            end: end_of(&page),
            rows: page.items,
            older: page.older,
            has_gap: false,
            expected: ExpectedRows::default(),
            gaps: 0,
        }
    }

    /// Returns the loaded rows, newest first.
    pub fn rows(&self) -> &[Conversation] {
        &self.rows
    }

    /// Returns the cursor of the page after the loaded rows.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Returns whether something has changed that the rows do not show; the caller then pulls.
    pub fn is_incomplete(&self) -> bool {
        self.next_attempt().is_some()
    }

    /// Returns the number of pulls that the server has answered without what the rows lack: the caller waits the longer
    /// before the next one. `None` if the rows lack nothing, or so many pulls were in vain that the next event decides.
    pub fn next_attempt(&self) -> Option<u32> {
        if self.has_gap { Some(0) } else { self.expected.attempts(self.end.as_ref()) }
    }

    /// Returns the number of unread messages in the loaded rows. A conversation marked as unread counts as one.
    pub fn unread(&self) -> u64 {
        self.rows.iter().map(|row| row.unread().max(row.is_marked().into())).sum()
    }

    /// Returns how many times the user has marked a conversation as unread, as far as the page knows.
    pub fn marked(&self, conversation: conversation::Id) -> u64 {
        self.rows.iter().find(|row| row.id == conversation).map_or(0, |row| row.marked)
    }

    /// Returns the newest loaded direct conversation with a peer.
    pub fn conversation_with(&self, peer: user::Id) -> Option<conversation::Id> {
        let is_with_peer = |row: &&Conversation| row.peer(self.me).is_some_and(|it| it.id == peer);
        self.rows.iter().find(is_with_peer).map(|row| row.id)
    }

    /// Applies an event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message, .. } | Event::MessageChanged { conversation, message } => {
                self.apply_message(*conversation, message);
            }
            Event::ConversationRead { conversation, reader, seq, unmarked } if *reader == self.me => {
                self.update(*conversation, |row| {
                    row.read = row.read.max(*seq);
                    row.unmarked = row.unmarked.max(*unmarked);
                });
            }
            Event::ConversationMarked { conversation, marked } => {
                self.update(*conversation, |row| row.marked = row.marked.max(*marked));
            }
            Event::Resync => {
                self.note_gap();
                self.expected.expect_again();
            }
            Event::ConversationRead { .. } | Event::MessagesDelivered { .. } | Event::Typing { .. } => {}
            Event::PersonArrived { .. } | Event::PeoplePresent { .. } | Event::PersonLeft { .. } => {}
            Event::BlockChanged { .. } | Event::BlockEnded { .. } | Event::PresenceSwitched { .. } => {}
        }
    }

    /// Returns the request that loads all known rows again.
    pub fn pull(&self) -> Pull {
        Pull { depth: self.rows.len(), gaps: self.gaps, attempt: self.next_attempt().unwrap_or_default() }
    }

    /// Replaces the rows with the response to `pull`, and keeps what the page knows to be newer: events may have come
    /// since the server read the list, and inbox rows move some time after their messages are stored.
    pub fn refresh(&mut self, pull: &Pull, page: Page<Conversation>) {
        self.end = end_of(&page);
        self.older = page.older;
        let known = std::mem::replace(&mut self.rows, page.items);
        // The page does not contain what was missed after the server read it.
        self.has_gap = pull.gaps != self.gaps;
        let mut late = Vec::new();
        for row in known {
            self.raise(row.id, RowState::of(&row));
            if self.row(row.id).is_none() && is_above(&row.last_sent_at, self.end.as_ref()) {
                late.push(row);
            }
        }
        for row in &mut self.rows {
            self.expected.apply(row);
        }
        // Late rows stay expected: the server has not shown how far the user has read them.
        self.rows.append(&mut late);
        self.sort();
        self.expected.count_attempt(pull.attempt, self.end.as_ref());
    }

    /// Returns the request for the conversations after the loaded rows; `None` if there are none.
    pub fn pull_older(&self) -> Option<OlderPull> {
        self.older.clone().map(|cursor| OlderPull { cursor, gaps: self.gaps })
    }

    /// Appends the response to `pull`, without the rows that have moved up since.
    pub fn extend(&mut self, pull: &OlderPull, page: Page<Conversation>) {
        // If the rows were refreshed meanwhile, some may be missing between them and the page. If events may have been
        // missed, the page may lack what they changed.
        if self.older.as_ref() != Some(&pull.cursor) || self.gaps != pull.gaps {
            self.note_gap();
        }
        self.end = end_of(&page);
        self.older = page.older;
        for mut row in page.items {
            if self.row(row.id).is_none() {
                self.expected.apply(&mut row);
                self.rows.push(row);
            }
        }
        self.sort();
    }

    fn apply_message(&mut self, conversation: conversation::Id, message: &Message) {
        self.raise(conversation, RowState::after(message, self.me));
        self.sort();
    }

    /// Raises a row to a state. If there is no row, it is raised when it comes.
    fn raise(&mut self, conversation: conversation::Id, state: RowState) {
        match self.row(conversation) {
            Some(row) => state.raise(row),
            None => self.expected.insert(conversation, state),
        }
    }

    fn sort(&mut self) {
        sort_by(&mut self.rows, |a, b| b.last_sent_at.cmp(&a.last_sent_at));
    }

    fn update(&mut self, id: conversation::Id, change: impl FnOnce(&mut Conversation)) {
        match self.row(id) {
            Some(row) => change(row),
            // A response that is on the way may bring the row in its state before this event.
            None => self.note_gap(),
        }
    }

    fn note_gap(&mut self) {
        self.has_gap = true;
        self.gaps += 1;
    }

    fn row(&mut self, id: conversation::Id) -> Option<&mut Conversation> {
        self.rows.iter_mut().find(|row| row.id == id)
    }
}

fn end_of(page: &Page<Conversation>) -> Option<SentAt> {
    page.older.as_ref().and(page.items.last()).map(|last| last.last_sent_at.clone())
}
