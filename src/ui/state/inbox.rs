//! A person's list of conversations, as a page knows it.

use crate::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::domain::user;

/// The newest conversations, newest first, down to some depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    me: user::Id,
    rows: Vec<Conversation>,
    older: Option<Cursor>,
    incomplete: bool,
    /// How often something may have been missed.
    gaps: u64,
}

/// A question to the server: what are the newest conversations?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    /// How many rows the answer must have at least, if there are as many.
    pub depth: usize,
    gaps: u64,
}

impl Inbox {
    /// Begins with the first pages that the server has answered.
    pub fn new(me: user::Id, page: Page<Conversation>) -> Self {
        Self { me, rows: page.items, older: page.older, incomplete: false, gaps: 0 }
    }

    /// What is known, newest first.
    pub fn rows(&self) -> &[Conversation] {
        &self.rows
    }

    /// Asks for what is older than all that is known.
    pub fn older(&self) -> Option<&Cursor> {
        self.older.as_ref()
    }

    /// Whether something has been heard of that is not among the rows: pull them again.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// How many messages are unread in all that is known. A conversation that is marked counts as one.
    pub fn unread(&self) -> u64 {
        self.rows.iter().map(|row| row.unread().max(row.is_marked().into())).sum()
    }

    /// How often a conversation has been marked as unread, as far as is known.
    pub fn marked(&self, conversation: conversation::Id) -> u64 {
        self.rows.iter().find(|row| row.id == conversation).map_or(0, |row| row.marked)
    }

    /// The newest conversation with somebody, as far as is known.
    pub fn conversation_with(&self, person: user::Id) -> Option<conversation::Id> {
        self.rows.iter().find(|row| row.with.id == person).map(|row| row.id)
    }

    /// Takes in what has happened.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::MessageSent { conversation, message } => self.sent(*conversation, message),
            Event::ConversationRead { conversation, reader, seq, unmarked } if *reader == self.me => {
                self.change(*conversation, |row| {
                    row.read = row.read.max(*seq);
                    row.unmarked = row.unmarked.max(*unmarked);
                });
            }
            Event::ConversationMarked { conversation, marked } => {
                self.change(*conversation, |row| row.marked = row.marked.max(*marked));
            }
            Event::Resync => self.miss(),
            Event::ConversationRead { .. } | Event::MessagesDelivered { .. } | Event::Typing { .. } => {}
            Event::PersonArrived { .. } | Event::PeoplePresent { .. } | Event::PersonLeft { .. } => {}
        }
    }

    /// Asks for all that is known, again.
    pub fn pull(&self) -> Pull {
        Pull { depth: self.rows.len(), gaps: self.gaps }
    }

    /// Takes in what the server answered to `pull`. What was heard since it looked is kept.
    pub fn refresh(&mut self, pull: &Pull, page: Page<Conversation>) {
        let known = std::mem::replace(&mut self.rows, page.items);
        self.older = page.older;
        // What was missed since the server looked is not in its answer.
        self.incomplete = pull.gaps != self.gaps;
        let newest = self.rows.first().map(|row| row.last_sent_at.clone());
        for row in known {
            match self.row(row.id) {
                Some(pulled) => *pulled = newer(pulled.clone(), row),
                // It has moved up since.
                None if Some(&row.last_sent_at) > newest.as_ref() => self.rows.push(row),
                None => {}
            }
        }
        self.sort();
    }

    /// Takes in a page of older ones, without what has moved up since.
    pub fn extend(&mut self, page: Page<Conversation>) {
        for row in page.items {
            if self.row(row.id).is_none() {
                self.rows.push(row);
            }
        }
        self.older = page.older;
        self.sort();
    }

    fn sent(&mut self, conversation: conversation::Id, message: &Message) {
        let me = self.me;
        let Some(row) = self.row(conversation) else {
            self.miss();
            return;
        };
        if message.seq > row.seq {
            row.seq = message.seq;
            row.preview = message.body.chars().take(PREVIEW_LEN_MAX).collect();
            row.last_sent_at = message.sent_at.clone();
            row.last_author = Some(message.author);
        }
        // One's own message is nothing new, and who answers has read what was there.
        if message.author == me {
            row.read = row.read.max(message.seq);
        }
        self.sort();
    }

    fn change(&mut self, id: conversation::Id, change: impl FnOnce(&mut Conversation)) {
        match self.row(id) {
            Some(row) => change(row),
            // An answer that is on the way may bring the row, as it was before this.
            None => self.miss(),
        }
    }

    fn miss(&mut self) {
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

/// The newer of two states of one row, each part for itself.
fn newer(pulled: Conversation, known: Conversation) -> Conversation {
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

    fn inbox(rows: &[u128], older: Option<&str>) -> Inbox {
        Inbox::new(samples::user(1, "ana").id, page(rows, older))
    }

    fn page(rows: &[u128], older: Option<&str>) -> Page<Conversation> {
        let items = rows.iter().map(|n| samples::conversation(*n)).collect();
        Page { items, older: older.map(|text| Cursor(text.to_owned())), newer: None }
    }

    fn sent(conversation: u128, seq: u128, author: u128) -> Event {
        let message = Message { author: samples::user(author, "x").id, ..samples::message(seq, "🎈", LATER) };
        Event::MessageSent { conversation: samples::conversation(conversation).id, message }
    }

    fn ids(inbox: &Inbox) -> Vec<u128> {
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
    fn one_s_own_message_is_read_and_an_old_one_changes_nothing() {
        let mut inbox = inbox(&[1, 2], None);
        inbox.apply(&sent(2, 9, 1));
        assert_eq!(inbox.unread(), 0);
        let before = inbox.clone();
        inbox.apply(&sent(2, 8, 2));
        assert_eq!(inbox, before);
    }

    #[test]
    fn a_mark_counts_as_one_until_it_is_taken_back_in_whatever_order_that_is_told() {
        let conversation = samples::conversation(1).id;
        let marked = Event::ConversationMarked { conversation, marked: 1 };
        let read = Event::ConversationRead { conversation, reader: samples::user(1, "ana").id, seq: 1, unmarked: 1 };
        let mut told = inbox(&[1, 2], None);
        told.apply(&marked);
        assert_eq!((told.unread(), told.rows()[0].is_marked()), (1, true));
        told.apply(&read);
        assert_eq!(told.unread(), 0);
        let mut told_late = inbox(&[1, 2], None);
        told_late.apply(&read);
        told_late.apply(&marked);
        assert_eq!(told_late, told);
    }

    #[test]
    fn a_conversation_that_is_not_known_is_pulled() {
        let mut inbox = inbox(&[1], None);
        inbox.apply(&sent(2, 9, 2));
        assert!(inbox.is_incomplete());
        inbox.refresh(&inbox.pull(), page(&[2, 1], None));
        assert_eq!((inbox.is_incomplete(), inbox.rows().len()), (false, 2));
    }

    #[test]
    fn what_moved_up_while_the_rows_were_read_stays_and_what_is_below_them_goes() {
        let mut inbox = inbox(&[1, 2, 3], Some("below 3"));
        let pull = inbox.pull();
        inbox.apply(&sent(3, 9, 2));
        inbox.refresh(&pull, page(&[1, 4], Some("below 4")));
        assert_eq!(ids(&inbox), [3, 1, 4]);
    }

    #[test]
    fn the_conversation_with_somebody_is_the_newest_one() {
        let inbox = inbox(&[2, 1], None);
        let with = |n| inbox.conversation_with(samples::user(n, "x").id);
        assert_eq!((with(2), with(3)), (Some(samples::conversation(2).id), None));
    }

    #[test]
    fn an_older_page_repeats_no_conversation() {
        let mut inbox = inbox(&[1, 2], Some("below 2"));
        inbox.extend(page(&[2, 3], None));
        assert_eq!(ids(&inbox), [1, 2, 3]);
        assert_eq!(inbox.older(), None);
    }
}
