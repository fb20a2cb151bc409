//! Simulated server: the stored data, which are the truth.

use std::ops::Range;
use std::sync::LazyLock;

use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::conversation::{self, Conversation, Kind, Receipts, ReceiptsByReader};
use crate::domain::event::Event;
use crate::domain::message::{Message, SentAt, TextVersion};
use crate::domain::page::{BEFORE, Cursor, Page};
use crate::domain::samples;
use crate::domain::user;
use crate::ui::state::expected_rows::ATTEMPTS_MAX;
use crate::ui::state::law::changes::text;
use crate::ui::state::law::history::{CONVERSATIONS, Merged, NEW_CONVERSATIONS, Start};
use crate::ui::state::timeline::SHOWN_MAX;

/// Number of rows or messages on a page: few, so that the ends of pages are met often.
const PAGE: usize = 2;

/// Number of responses to which a row may be late: fewer than those after which the page gives up, of which it may have
/// requested one before the event.
const LATE_RESPONSES_MAX: u32 = ATTEMPTS_MAX - 2;

/// Prefix of the cursors that the server makes itself.
const OLDER: &str = "older-";

/// More messages than any history begins with.
const INITIAL_SIZE: usize = SHOWN_MAX + 20;

/// First messages of the open conversation, made once: a copy takes less time than making them for each history.
static INITIAL_MESSAGES: LazyLock<Vec<Message>> =
    LazyLock::new(|| (1..=INITIAL_SIZE as u64).map(|n| message(n, me())).collect());

pub(super) fn me() -> user::Id {
    samples::user(1, "ana").id
}

pub(super) fn ben() -> user::Id {
    samples::user(2, "ben").id
}

fn message(n: u64, author: user::Id) -> Message {
    let message = Message { author, ..samples::message(n.into(), "", &format!("{n:06}")) };
    Message { body: text(&message, TextVersion::default()), ..message }
}

/// Newest message of an inbox row, as a number in its conversation, with the version of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    at: usize,
    version: TextVersion,
}

#[derive(Default)]
pub(super) struct Server {
    /// The messages of each conversation. A quote is a reference only: its text is of the time of the answer.
    pub(super) messages: [Vec<Message>; CONVERSATIONS],
    /// The message and the text that each inbox row shows; `None` if the row does not exist yet.
    listed: [Option<Listed>; CONVERSATIONS],
    /// Number of changes in each conversation.
    pub(super) rev: [u64; CONVERSATIONS],
    /// The changed message of each revision of the open conversation; `None` if the revision has expired.
    pub(super) revisions: Vec<Option<usize>>,
    /// Number of responses in a row to which some row was late.
    late_responses: u32,
    read: [u64; CONVERSATIONS],
    marked: [u64; CONVERSATIONS],
    unmarked: [u64; CONVERSATIONS],
    /// Ben's receipts in the open conversation.
    receipts: Receipts,
    /// Number of messages on the newest page of the open conversation.
    newest_size: usize,
    clock: u64,
}

impl Server {
    pub(super) fn new(start: &Start) -> Self {
        let mut server = Self { newest_size: start.shown, clock: INITIAL_SIZE as u64, ..Self::default() };
        let mut initial = INITIAL_MESSAGES[..start.before + start.shown + start.after].to_vec();
        for (n, message) in initial.iter_mut().enumerate() {
            // Legacy messages have no sequence number.
            message.seq = (n as u64 + 1).saturating_sub(start.legacy as u64);
        }
        server.messages[0] = initial;
        for conversation in 1..CONVERSATIONS - NEW_CONVERSATIONS {
            server.send(conversation, false, None, false);
        }
        server.move_all();
        server
    }

    pub(super) fn id(conversation: usize) -> conversation::Id {
        conversation::Id(Uuid::from_u128(conversation as u128))
    }

    /// Returns all messages of the open conversation.
    pub(super) fn messages(&self) -> &[Message] {
        &self.messages[0]
    }

    pub(super) fn receipts(&self) -> Receipts {
        self.receipts
    }

    pub(super) fn receipts_by_reader(&self) -> ReceiptsByReader {
        [(ben(), self.receipts)].into_iter().collect()
    }

    /// Stores a message. `reply`: number of the message that it answers. `behind`: the head was read before the last
    /// change.
    pub(super) fn send(&mut self, conversation: usize, mine: bool, reply: Option<usize>, behind: bool) -> Event {
        self.clock += 1;
        let seq = self.newest_seq(conversation) + 1;
        let quote = reply.map(|at| self.messages[conversation][at].quoted());
        let message = Message { seq, quote, ..message(self.clock, if mine { me() } else { ben() }) };
        self.messages[conversation].push(message.clone());
        if !mine && conversation == 0 {
            // A reply implies that the messages before it have been read.
            self.raise_receipts(seq, seq);
        }
        let rev = self.rev[conversation].saturating_sub(behind.into());
        Event::MessageSent { conversation: Self::id(conversation), message, rev }
    }

    /// Moves an inbox row to a message that is `all_but` messages before the newest, never back. `read`: the user's
    /// read position moves to the last of the user's own messages up to there. `original`: the row gets the text that
    /// was sent first.
    pub(super) fn move_inbox(&mut self, conversation: usize, all_but: usize, read: bool, original: bool) {
        let count = self.messages[conversation].len();
        if let Some(at) = count.checked_sub(all_but + 1) {
            let version = if original { TextVersion::default() } else { self.messages[conversation][at].version() };
            self.list(conversation, Listed { at, version });
        }
        let moved = self.moved(conversation);
        let own = self.messages[conversation][..moved].iter().rfind(|message| read && message.author == me());
        self.read[conversation] = self.read[conversation].max(own.map_or(0, |message| message.seq));
    }

    /// Moves an inbox row to a changed message, or gives it the new text if it is there.
    pub(super) fn list_change(&mut self, conversation: usize, at: usize) {
        let version = self.messages[conversation][at].version();
        self.list(conversation, Listed { at, version });
    }

    fn list(&mut self, conversation: usize, listed: Listed) {
        self.listed[conversation] = self.listed[conversation].max(Some(listed));
    }

    /// Returns the number of messages that an inbox row has reached.
    fn moved(&self, conversation: usize) -> usize {
        self.listed[conversation].map_or(0, |listed| listed.at + 1)
    }

    pub(super) fn move_all(&mut self) {
        for conversation in 0..CONVERSATIONS {
            self.move_inbox(conversation, 0, true, false);
        }
    }

    pub(super) fn read(&mut self, conversation: usize) -> Event {
        self.read[conversation] = self.newest_seq(conversation);
        self.unmarked[conversation] = self.marked[conversation];
        let (seq, unmarked) = (self.read[conversation], self.unmarked[conversation]);
        Event::ConversationRead { conversation: Self::id(conversation), reader: me(), seq, unmarked }
    }

    pub(super) fn mark_unread(&mut self, conversation: usize) -> Event {
        self.marked[conversation] = self.unmarked[conversation] + 1;
        Event::ConversationMarked { conversation: Self::id(conversation), marked: self.marked[conversation] }
    }

    pub(super) fn deliver_to_peer(&mut self, all_but: u64) -> Event {
        let seq = self.newest_seq(0).saturating_sub(all_but);
        self.raise_receipts(seq, 0);
        Event::MessagesDelivered { conversation: Self::id(0), reader: ben(), seq }
    }

    pub(super) fn read_by_peer(&mut self, all_but: u64) -> Event {
        let seq = self.newest_seq(0).saturating_sub(all_but);
        self.raise_receipts(seq, seq);
        Event::ConversationRead { conversation: Self::id(0), reader: ben(), seq, unmarked: 0 }
    }

    fn newest_seq(&self, conversation: usize) -> u64 {
        self.messages[conversation].last().map_or(0, |message| message.seq)
    }

    /// Raises the receipts without [`Receipts::merged`], which this test checks.
    fn raise_receipts(&mut self, delivered: u64, read: u64) {
        self.receipts.delivered = self.receipts.delivered.max(delivered);
        self.receipts.read = self.receipts.read.max(read);
    }

    /// Returns the newest conversations: a page of them, or `depth` if that is more.
    pub(super) fn inbox(&mut self, depth: usize, merged: Merged) -> Page<Conversation> {
        let is_late = (0..CONVERSATIONS).any(|n| self.moved(n) < self.messages[n].len());
        self.late_responses = if is_late { self.late_responses + 1 } else { 0 };
        if self.late_responses > LATE_RESPONSES_MAX {
            self.move_all();
        }
        first_rows(self.rows(merged), depth.max(PAGE))
    }

    /// Returns the page of conversations after a cursor.
    pub(super) fn inbox_before(&self, cursor: &Cursor, merged: Merged) -> Page<Conversation> {
        let at = cursor.0.strip_prefix(OLDER).unwrap_or_default();
        let rows = self.rows(merged).into_iter().filter(|row| row.last_sent_at.as_str() < at);
        first_rows(rows.collect(), PAGE)
    }

    /// Returns the inbox rows, newest first: as far as they have moved, or at the newest message if `merged`.
    fn rows(&self, merged: Merged) -> Vec<Conversation> {
        let newest = |n: usize| {
            self.messages[n].last().map(|last| Listed { at: self.messages[n].len() - 1, version: last.version() })
        };
        let listed = |n: usize| if merged[n] { newest(n) } else { self.listed[n] };
        let mut rows: Vec<_> = (0..CONVERSATIONS).filter_map(|n| Some(self.row(n, listed(n)?))).collect();
        rows.sort_by(|a, b| b.last_sent_at.cmp(&a.last_sent_at));
        rows
    }

    fn row(&self, conversation: usize, Listed { at, version }: Listed) -> Conversation {
        let last = &self.messages[conversation][at];
        Conversation {
            id: Self::id(conversation),
            kind: Kind::Direct,
            members: vec![samples::user(1, "ana"), samples::user(2, "ben")],
            preview: text(last, version),
            version,
            last_sent_at: last.sent_at.clone(),
            last_author: Some(last.author),
            seq: last.seq,
            read: self.read[conversation],
            delivered: 0,
            marked: self.marked[conversation],
            unmarked: self.unmarked[conversation],
        }
    }

    /// Returns the part of the open conversation with which a history begins.
    pub(super) fn initial_page(&self, start: &Start) -> Page<Message> {
        self.slice(start.before..start.before + start.shown)
    }

    pub(super) fn newest_page(&self) -> Page<Message> {
        let len = self.messages().len();
        self.slice(len.saturating_sub(self.newest_size)..len)
    }

    /// Returns the page before a cursor: one that the server made, or one that the page made from a time.
    pub(super) fn page_before(&self, cursor: &Cursor) -> Result<Page<Message>, TestCaseError> {
        let by_time = cursor.0.strip_prefix(BEFORE);
        let at = by_time.or(cursor.0.strip_prefix(OLDER)).unwrap_or_default();
        let end = self.messages().partition_point(|message| message.sent_at.as_str() < at);
        let is_legacy = self.messages().get(end).is_none_or(|message| message.seq == 0);
        prop_assert!(
            by_time.is_none() || !is_legacy,
            "the messages before a legacy message are never asked for by time"
        );
        Ok(self.slice(end.saturating_sub(PAGE)..end))
    }

    /// Returns the page after a time.
    pub(super) fn page_after(&self, after: Option<&SentAt>) -> Page<Message> {
        let begin = self.messages().partition_point(|message| Some(&message.sent_at) <= after);
        self.slice(begin..self.messages().len().min(begin + PAGE))
    }

    /// Returns a page of the open conversation.
    pub(super) fn slice(&self, range: Range<usize>) -> Page<Message> {
        let messages = self.messages();
        let first = messages.get(range.start).filter(|_| range.start > 0);
        Page {
            older: first.map(|first| Cursor(format!("{OLDER}{}", first.sent_at.as_str()))),
            newer: (range.end < messages.len()).then(|| Cursor("newer".to_owned())),
            items: messages[range].iter().map(|message| self.with_quote(message)).collect(),
            rev: self.rev[0],
        }
    }
}

fn first_rows(mut rows: Vec<Conversation>, count: usize) -> Page<Conversation> {
    let has_older = rows.len() > count;
    rows.truncate(count);
    let last = rows.last().filter(|_| has_older);
    let older = last.map(|last| Cursor(format!("{OLDER}{}", last.last_sent_at.as_str())));
    Page { items: rows, older, newer: None, rev: 0 }
}
