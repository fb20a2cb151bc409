//! The rows of the user's inbox that a page has loaded.

use crate::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::domain::user;

/// The newest conversations, newest first, down to some depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRows {
    me: user::Id,
    rows: Vec<Conversation>,
    older: Option<Cursor>,
    incomplete: bool,
    /// Number of times that events may have been missed. A response to a pull with another number may be incomplete.
    gaps: u64,
}

/// Request for the newest conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    /// Number of rows that the response must have, unless the user has fewer conversations.
    pub depth: usize,
    gaps: u64,
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
        Self { me, rows: page.items, older: page.older, incomplete: false, gaps: 0 }
    }

    /// Returns the loaded rows, newest first.
    pub fn rows(&self) -> &[Conversation] {
        &self.rows
    }

    /// Returns the cursor of the page after the loaded rows.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Returns whether an event may have changed something that the rows do not show; the caller then pulls.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Returns the number of unread messages in the loaded rows. A conversation marked as unread counts as one.
    pub fn unread(&self) -> u64 {
        self.rows.iter().map(|row| row.unread().max(row.is_marked().into())).sum()
    }

    /// Returns how many times the user has marked a conversation as unread, as far as the page knows.
    pub fn marked(&self, conversation: conversation::Id) -> u64 {
        self.rows.iter().find(|row| row.id == conversation).map_or(0, |row| row.marked)
    }

    /// Returns the newest loaded conversation with a peer.
    pub fn conversation_with(&self, peer: user::Id) -> Option<conversation::Id> {
        self.rows.iter().find(|row| row.with.id == peer).map(|row| row.id)
    }

    /// Applies an event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message } => self.apply_message(*conversation, message),
            Event::ConversationRead { conversation, reader, seq, unmarked } if *reader == self.me => {
                self.update(*conversation, |row| {
                    row.read = row.read.max(*seq);
                    row.unmarked = row.unmarked.max(*unmarked);
                });
            }
            Event::ConversationMarked { conversation, marked } => {
                self.update(*conversation, |row| row.marked = row.marked.max(*marked));
            }
            Event::Resync => self.note_gap(),
            Event::ConversationRead { .. } | Event::MessagesDelivered { .. } | Event::Typing { .. } => {}
            Event::PersonArrived { .. } | Event::PeoplePresent { .. } | Event::PersonLeft { .. } => {}
        }
    }

    /// Returns the request that loads all known rows again.
    pub fn pull(&self) -> Pull {
        Pull { depth: self.rows.len(), gaps: self.gaps }
    }

    /// Replaces the rows with the response to `pull`, and keeps what events have changed since the server read it.
    pub fn refresh(&mut self, pull: &Pull, page: Page<Conversation>) {
        let known = std::mem::replace(&mut self.rows, page.items);
        self.older = page.older;
        // The page does not contain what was missed after the server read it.
        self.incomplete = pull.gaps != self.gaps;
        let newest = self.rows.first().map(|row| row.last_sent_at.clone());
        for row in known {
            match self.row(row.id) {
                Some(pulled) => *pulled = merge(pulled.clone(), row),
                // The row has moved up since the server read the list.
                None if Some(&row.last_sent_at) > newest.as_ref() => self.rows.push(row),
                None => {}
            }
        }
        self.sort();
    }

    /// Returns the request for the conversations after the loaded rows; `None` if there are none.
    pub fn pull_older(&self) -> Option<OlderPull> {
        self.older.clone().map(|cursor| OlderPull { cursor, gaps: self.gaps })
    }

    /// Appends the response to `pull`, without the rows that have moved up since.
    pub fn extend(&mut self, pull: &OlderPull, page: Page<Conversation>) {
        // If the rows were refreshed meanwhile, some may be missing between them and the page. If events may have been
        // missed, the page may lack what they changed.
        self.incomplete |= self.older.as_ref() != Some(&pull.cursor) || self.gaps != pull.gaps;
        for row in page.items {
            if self.row(row.id).is_none() {
                self.rows.push(row);
            }
        }
        self.older = page.older;
        self.sort();
    }

    fn apply_message(&mut self, conversation: conversation::Id, message: &Message) {
        let me = self.me;
        let Some(row) = self.row(conversation) else {
            self.note_gap();
            return;
        };
        if message.seq > row.seq {
            row.seq = message.seq;
            row.preview = message.body.chars().take(PREVIEW_LEN_MAX).collect();
            row.last_sent_at = message.sent_at.clone();
            row.last_author = Some(message.author);
        }
        // The user's own message is not unread, and a reply implies that the messages before it have been read.
        if message.author == me {
            row.read = row.read.max(message.seq);
        }
        self.sort();
    }

    fn update(&mut self, id: conversation::Id, change: impl FnOnce(&mut Conversation)) {
        match self.row(id) {
            Some(row) => change(row),
            // A response that is on the way may bring the row in its state before this event.
            None => self.note_gap(),
        }
    }

    fn note_gap(&mut self) {
        self.incomplete = true;
        self.gaps += 1;
    }

    fn row(&mut self, id: conversation::Id) -> Option<&mut Conversation> {
        self.rows.iter_mut().find(|row| row.id == id)
    }

    fn sort(&mut self) {
        self.rows.sort_by(|a, b| b.last_sent_at.cmp(&a.last_sent_at));
    }
}

/// Returns the newer of two states of a row, field by field: either side may be ahead in some of them.
fn merge(pulled: Conversation, known: Conversation) -> Conversation {
    let read = pulled.read.max(known.read);
    let (marked, unmarked) = (pulled.marked.max(known.marked), pulled.unmarked.max(known.unmarked));
    let newest = if known.seq > pulled.seq { Conversation { with: pulled.with, ..known } } else { pulled };
    Conversation { read, marked, unmarked, ..newest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    const LATER: &str = "2026-11-21T09:26:28.207802+00:00";

    fn inbox(rows: &[u128], older: Option<&str>) -> InboxRows {
        InboxRows::new(samples::user(1, "ana").id, page(rows, older))
    }

    fn page(rows: &[u128], older: Option<&str>) -> Page<Conversation> {
        let items = rows.iter().map(|n| samples::conversation(*n)).collect();
        Page { items, older: older.map(|text| Cursor(text.to_owned())), newer: None }
    }

    fn sent(conversation: u128, seq: u128, author: u128) -> Event {
        let message = Message { author: samples::user(author, "x").id, ..samples::message(seq, "🎈", LATER) };
        Event::MessageSent { conversation: samples::conversation(conversation).id, message }
    }

    fn ids(inbox: &InboxRows) -> Vec<u128> {
        inbox.rows().iter().map(|row| row.id.0.as_u128()).collect()
    }

    #[test]
    fn a_message_moves_its_conversation_up_and_is_its_preview() {
        let mut inbox = inbox(&[1, 2], None);
        let mut long = sent(2, 9, 2);
        if let Event::MessageSent { message, .. } = &mut long {
            message.body = "🎈".repeat(PREVIEW_LEN_MAX + 1);
        }
        inbox.apply(&long);
        assert_eq!(ids(&inbox), [2, 1]);
        assert_eq!(inbox.rows()[0].preview.chars().count(), PREVIEW_LEN_MAX);
        assert_eq!((inbox.rows()[0].unread(), inbox.unread()), (7, 7));
    }

    #[test]
    fn the_users_own_message_is_read_and_an_older_message_changes_nothing() {
        let mut inbox = inbox(&[1, 2], None);
        inbox.apply(&sent(2, 9, 1));
        assert_eq!(inbox.unread(), 0);
        let before = inbox.clone();
        inbox.apply(&sent(2, 8, 2));
        assert_eq!(inbox, before);
    }

    #[test]
    fn an_unread_mark_counts_as_one_until_it_is_cleared_in_any_order_of_events() {
        let conversation = samples::conversation(1).id;
        let marked = Event::ConversationMarked { conversation, marked: 1 };
        let read = Event::ConversationRead { conversation, reader: samples::user(1, "ana").id, seq: 1, unmarked: 1 };
        let mut in_order = inbox(&[1, 2], None);
        in_order.apply(&marked);
        assert_eq!((in_order.unread(), in_order.rows()[0].is_marked()), (1, true));
        in_order.apply(&read);
        assert_eq!(in_order.unread(), 0);
        let mut reversed = inbox(&[1, 2], None);
        reversed.apply(&read);
        reversed.apply(&marked);
        assert_eq!(reversed, in_order);
    }

    #[test]
    fn an_unknown_conversation_is_pulled() {
        let mut inbox = inbox(&[1], None);
        inbox.apply(&sent(2, 9, 2));
        assert!(inbox.is_incomplete());
        inbox.refresh(&inbox.pull(), page(&[2, 1], None));
        assert_eq!((inbox.is_incomplete(), inbox.rows().len()), (false, 2));
    }

    #[test]
    fn a_refresh_keeps_rows_that_moved_up_meanwhile_and_drops_those_below_the_page() {
        let mut inbox = inbox(&[1, 2, 3], Some("below 3"));
        let pull = inbox.pull();
        inbox.apply(&sent(3, 9, 2));
        inbox.refresh(&pull, page(&[1, 4], Some("below 4")));
        assert_eq!(ids(&inbox), [3, 1, 4]);
    }

    #[test]
    fn the_newest_conversation_with_a_peer_is_found() {
        let inbox = inbox(&[2, 1], None);
        let with = |n| inbox.conversation_with(samples::user(n, "x").id);
        assert_eq!((with(2), with(3)), (Some(samples::conversation(2).id), None));
    }

    #[test]
    fn an_older_page_repeats_no_conversation() {
        let mut inbox = inbox(&[1, 2], Some("below 2"));
        inbox.extend(&inbox.pull_older().expect("older rows"), page(&[2, 3], None));
        assert_eq!(ids(&inbox), [1, 2, 3]);
        assert_eq!((inbox.older(), inbox.is_incomplete()), (None, false));
    }

    #[test]
    fn an_older_page_that_no_longer_follows_the_rows_is_pulled_again() {
        let mut inbox = inbox(&[1, 2], Some("below 2"));
        let pull = inbox.pull_older().expect("older rows");
        inbox.refresh(&inbox.pull(), page(&[3, 1], Some("below 1")));
        inbox.extend(&pull, page(&[4], None));
        assert!(inbox.is_incomplete(), "conversation 2 is missing");
        assert_eq!(inbox.pull().depth, 3);
    }

    #[test]
    fn an_older_page_from_before_an_event_is_pulled_again() {
        let mut inbox = inbox(&[1], Some("below 1"));
        let pull = inbox.pull_older().expect("older rows");
        let reader = samples::user(1, "ana").id;
        let conversation = samples::conversation(2).id;
        inbox.apply(&Event::ConversationRead { conversation, reader, seq: 2, unmarked: 0 });
        inbox.refresh(&inbox.pull(), page(&[1], Some("below 1")));
        inbox.extend(&pull, page(&[2], None));
        assert!(inbox.is_incomplete(), "the page may show conversation 2 as unread");
    }
}
