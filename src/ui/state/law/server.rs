//! What is stored: the truth.

use std::ops::Range;
use std::sync::LazyLock;

use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, Receipts};
use crate::domain::event::Event;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{BEFORE, Cursor, Page};
use crate::domain::samples;
use crate::domain::user;
use crate::ui::state::law::history::{CONVERSATIONS, Start};
use crate::ui::state::timeline::SHOWN_MAX;

/// How many rows or messages a page has here: few, so that whatever happens at the end of one happens often.
const PAGE: usize = 2;

/// What a cursor of the server's own begins with.
const OLDER: &str = "older-";

/// More messages than any history begins with.
const PAST_SIZE: usize = SHOWN_MAX + 20;

/// What the first conversation begins with. To copy it takes less time than to make it.
static PAST: LazyLock<Vec<Message>> = LazyLock::new(|| (1..=PAST_SIZE as u64).map(|n| message(n, me())).collect());

pub(super) fn me() -> user::Id {
    samples::user(1, "ana").id
}

fn ben() -> user::Id {
    samples::user(2, "ben").id
}

fn message(n: u64, author: user::Id) -> Message {
    Message {
        id: message::Id(Uuid::from_u128(n.into())),
        author,
        body: format!("message {n}"),
        sent_at: SentAt::stored(format!("{n:06}")),
        seq: n,
    }
}

#[derive(Default)]
pub(super) struct Server {
    /// The messages of each conversation.
    talks: [Vec<Message>; CONVERSATIONS],
    read: [u64; CONVERSATIONS],
    marked: [u64; CONVERSATIONS],
    unmarked: [u64; CONVERSATIONS],
    /// How far ben has got in the first conversation.
    receipts: Receipts,
    /// How many messages the newest page of a conversation has.
    newest_size: usize,
    clock: u64,
}

impl Server {
    pub(super) fn new(start: &Start) -> Self {
        let mut server = Self { newest_size: start.shown, clock: PAST_SIZE as u64, ..Self::default() };
        let mut past = PAST[..start.before + start.shown + start.after].to_vec();
        for (n, message) in past.iter_mut().enumerate() {
            // What the old app wrote has no place.
            message.seq = (n as u64 + 1).saturating_sub(start.old as u64);
        }
        server.talks[0] = past;
        for place in 1..CONVERSATIONS - 1 {
            server.send(place, false);
        }
        server
    }

    pub(super) fn id(place: usize) -> conversation::Id {
        conversation::Id(Uuid::from_u128(place as u128))
    }

    /// The first conversation.
    pub(super) fn talk(&self) -> &[Message] {
        &self.talks[0]
    }

    pub(super) fn receipts(&self) -> Receipts {
        self.receipts
    }

    pub(super) fn send(&mut self, place: usize, mine: bool) -> Event {
        self.clock += 1;
        let seq = self.newest_seq(place) + 1;
        let message = Message { seq, ..message(self.clock, if mine { me() } else { ben() }) };
        self.talks[place].push(message.clone());
        if mine {
            self.read[place] = seq;
        } else if place == 0 {
            // Who answers has read what was there.
            self.raise_receipts(seq, seq);
        }
        Event::MessageSent { conversation: Self::id(place), message }
    }

    pub(super) fn read(&mut self, place: usize) -> Event {
        self.read[place] = self.newest_seq(place);
        self.unmarked[place] = self.marked[place];
        let (seq, unmarked) = (self.read[place], self.unmarked[place]);
        Event::ConversationRead { conversation: Self::id(place), reader: me(), seq, unmarked }
    }

    pub(super) fn mark(&mut self, place: usize) -> Event {
        self.marked[place] = self.unmarked[place] + 1;
        Event::ConversationMarked { conversation: Self::id(place), marked: self.marked[place] }
    }

    pub(super) fn deliver(&mut self, all_but: u64) -> Event {
        let seq = self.newest_seq(0).saturating_sub(all_but);
        self.raise_receipts(seq, 0);
        Event::MessagesDelivered { conversation: Self::id(0), reader: ben(), seq }
    }

    pub(super) fn read_by_other(&mut self, all_but: u64) -> Event {
        let seq = self.newest_seq(0).saturating_sub(all_but);
        self.raise_receipts(seq, seq);
        Event::ConversationRead { conversation: Self::id(0), reader: ben(), seq, unmarked: 0 }
    }

    fn newest_seq(&self, place: usize) -> u64 {
        self.talks[place].last().map_or(0, |message| message.seq)
    }

    /// Not by [`Receipts::raised`], which is held to this.
    fn raise_receipts(&mut self, delivered: u64, read: u64) {
        self.receipts.delivered = self.receipts.delivered.max(delivered);
        self.receipts.read = self.receipts.read.max(read);
    }

    pub(super) fn inbox(&self, depth: usize) -> Page<Conversation> {
        let mut rows: Vec<_> =
            self.talks.iter().enumerate().filter_map(|(n, talk)| self.row(n, talk.last()?)).collect();
        rows.sort_by(|a, b| b.last_sent_at.cmp(&a.last_sent_at));
        let older = (rows.len() > depth.max(PAGE)).then(|| Cursor("older".to_owned()));
        rows.truncate(depth.max(PAGE));
        Page { items: rows, older, newer: None }
    }

    fn row(&self, place: usize, last: &Message) -> Option<Conversation> {
        Some(Conversation {
            id: Self::id(place),
            with: samples::user(2, "ben"),
            preview: last.body.clone(),
            last_sent_at: last.sent_at.clone(),
            last_author: Some(last.author),
            seq: last.seq,
            read: self.read[place],
            marked: self.marked[place],
            unmarked: self.unmarked[place],
        })
    }

    /// What the page shows at first.
    pub(super) fn opened(&self, start: &Start) -> Page<Message> {
        self.slice(start.before..start.before + start.shown)
    }

    pub(super) fn newest(&self) -> Page<Message> {
        let len = self.talk().len();
        self.slice(len.saturating_sub(self.newest_size)..len)
    }

    /// What comes before the place of a cursor: one of the server's own, or a time.
    pub(super) fn before(&self, cursor: &Cursor) -> Result<Page<Message>, TestCaseError> {
        let by_time = cursor.0.strip_prefix(BEFORE);
        let at = by_time.or(cursor.0.strip_prefix(OLDER)).unwrap_or_default();
        let end = self.talk().partition_point(|message| message.sent_at.as_str() < at);
        let is_old = self.talk().get(end).is_none_or(|message| message.seq == 0);
        prop_assert!(by_time.is_none() || !is_old, "what comes before an old message is not asked for by time");
        Ok(self.slice(end.saturating_sub(PAGE)..end))
    }

    /// What comes after a time.
    pub(super) fn after(&self, after: Option<&SentAt>) -> Page<Message> {
        let begin = self.talk().partition_point(|message| Some(&message.sent_at) <= after);
        self.slice(begin..self.talk().len().min(begin + PAGE))
    }

    /// A page of the first conversation.
    fn slice(&self, range: Range<usize>) -> Page<Message> {
        let talk = self.talk();
        let first = talk.get(range.start).filter(|_| range.start > 0);
        Page {
            older: first.map(|first| Cursor(format!("{OLDER}{}", first.sent_at.as_str()))),
            newer: (range.end < talk.len()).then(|| Cursor("newer".to_owned())),
            items: talk[range].to_vec(),
        }
    }
}
