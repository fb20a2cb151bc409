//! Newest known states of conversations for which the page has no inbox row.

use std::time::Duration;

use crate::domain::conversation::{self, Conversation, PREVIEW_LEN_MAX};
use crate::domain::message::{Message, SentAt, TextVersion};
use crate::domain::user;

/// Maximum number of conversations: those with the newest messages are kept.
const EXPECTED_MAX: usize = 16;

/// Maximum number of pulls for the same row. After them the page waits for the next event.
pub(super) const ATTEMPTS_MAX: u32 = 8;

/// Delay before the second pull for a row that the server does not show yet. It doubles with each further one.
const PULL_DELAY_MIN: Duration = Duration::from_millis(250);

/// Longest delay between two pulls.
const PULL_DELAY_MAX: Duration = Duration::from_secs(8);

/// Part of an inbox row that changes while the page is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowState {
    seq: u64,
    preview: String,
    version: TextVersion,
    last_sent_at: SentAt,
    last_author: Option<user::Id>,
    read: u64,
    marked: u64,
    unmarked: u64,
}

impl RowState {
    /// State that a row shows.
    pub(super) fn of(row: &Conversation) -> Self {
        Self {
            seq: row.seq,
            preview: row.preview.clone(),
            version: row.version,
            last_sent_at: row.last_sent_at.clone(),
            last_author: row.last_author,
            read: row.read,
            marked: row.marked,
            unmarked: row.unmarked,
        }
    }

    /// State after a message, as far as the message tells, in the inbox of `me`.
    pub(super) fn after(message: &Message, me: user::Id) -> Self {
        Self {
            seq: message.seq,
            preview: message.body.chars().take(PREVIEW_LEN_MAX).collect(),
            version: message.version(),
            last_sent_at: message.sent_at.clone(),
            last_author: Some(message.author),
            // The user's own message is not unread, and a reply implies that the messages before it have been read.
            read: if message.author == me { message.seq } else { 0 },
            marked: 0,
            unmarked: 0,
        }
    }

    /// Merges two states, field by field: either may be ahead in some of them. `self` wins if both are at the same
    /// version of the same message.
    fn merged(self, other: Self) -> Self {
        let read = self.read.max(other.read);
        let (marked, unmarked) = (self.marked.max(other.marked), self.unmarked.max(other.unmarked));
        if self.is_at_message_of(&other) {
            // A row may be a microsecond after its message. A change of the message does not move it.
            let last_sent_at = self.last_sent_at.clone().max(other.last_sent_at.clone());
            let newest = if other.version > self.version { other } else { self };
            return Self { read, marked, unmarked, last_sent_at, ..newest };
        }
        let is_newer = (other.seq, &other.last_sent_at) > (self.seq, &self.last_sent_at);
        let newest = if is_newer { other } else { self };
        Self { read, marked, unmarked, ..newest }
    }

    /// Reports whether both states are at the same message. Messages of the old app have no sequence number.
    fn is_at_message_of(&self, other: &Self) -> bool {
        self.seq == other.seq && (self.seq > 0 || self.last_sent_at == other.last_sent_at)
    }

    /// Raises a row to this state where the row is behind.
    pub(super) fn raise(self, row: &mut Conversation) {
        let state = Self::of(row).merged(self);
        row.seq = state.seq;
        row.preview = state.preview;
        row.version = state.version;
        row.last_sent_at = state.last_sent_at;
        row.last_author = state.last_author;
        row.read = state.read;
        row.marked = state.marked;
        row.unmarked = state.unmarked;
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    conversation: conversation::Id,
    state: RowState,
    /// Number of pulls that were answered without the row.
    attempts: u32,
}

/// States that the page knows from events and from rows that it no longer shows. The server's list may still be behind
/// them: an inbox row moves, or comes into being, some time after the message is stored and its event is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExpectedRows {
    /// Newest first.
    rows: Vec<Expected>,
}

impl ExpectedRows {
    /// Adds a state. A newer message is worth as many pulls again.
    pub(super) fn insert(&mut self, conversation: conversation::Id, state: RowState) {
        let (state, attempts) = match self.position(conversation).map(|at| self.rows.remove(at)) {
            Some(known) if known.state.seq >= state.seq => (known.state.merged(state), known.attempts),
            Some(known) => (known.state.merged(state), 0),
            None => (state, 0),
        };
        let newer = self.rows.partition_point(|other| other.state.last_sent_at >= state.last_sent_at);
        self.rows.insert(newer, Expected { conversation, state, attempts });
        self.rows.truncate(EXPECTED_MAX);
    }

    /// Raises a row that the server has shown to the state that was expected of it, and expects it no longer.
    pub(super) fn apply(&mut self, row: &mut Conversation) {
        if let Some(at) = self.position(row.id) {
            self.rows.remove(at).state.raise(row);
        }
    }

    /// Returns the lowest number of attempts among the rows that the list lacks. It contains what is newer than `end`.
    pub(super) fn attempts(&self, end: Option<&SentAt>) -> Option<u32> {
        let lacking = self.rows.iter().filter(|it| is_above(&it.state.last_sent_at, end) && it.attempts < ATTEMPTS_MAX);
        lacking.map(|it| it.attempts).min()
    }

    /// Counts pull number `attempt`, which was answered without these rows. Rows that have seen more attempts do not
    /// count it: it came sooner than they would have asked for it.
    pub(super) fn count_attempt(&mut self, attempt: u32, end: Option<&SentAt>) {
        for it in self.rows.iter_mut().filter(|it| is_above(&it.state.last_sent_at, end) && it.attempts == attempt) {
            it.attempts += 1;
        }
    }

    /// Allows as many attempts again for all rows.
    pub(super) fn expect_again(&mut self) {
        for it in &mut self.rows {
            it.attempts = 0;
        }
    }

    fn position(&self, conversation: conversation::Id) -> Option<usize> {
        self.rows.iter().position(|it| it.conversation == conversation)
    }
}

/// Reports whether a conversation with this newest message belongs to a list that ends at `end`. A list without an end
/// contains all conversations.
pub(super) fn is_above(last_sent_at: &SentAt, end: Option<&SentAt>) -> bool {
    end.is_none_or(|end| last_sent_at > end)
}

/// Returns the delay before a pull after `attempt` pulls in vain. There is none before the first: few rows are late.
pub(super) fn pull_delay(attempt: u32) -> Duration {
    match attempt.checked_sub(1) {
        Some(doublings) => PULL_DELAY_MIN.saturating_mul(2_u32.saturating_pow(doublings)).min(PULL_DELAY_MAX),
        None => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn the_conversations_with_the_newest_messages_are_kept() {
        let (me, count) = (samples::user(1, "ana").id, EXPECTED_MAX as u128 + 2);
        let mut expected = ExpectedRows::default();
        // Not in the order of their times.
        for n in (0..count).map(|n| n * 5 % count) {
            let message = samples::message(n, "🎈", &format!("2026-11-20T09:26:{n:02}.000000+00:00"));
            expected.insert(samples::conversation(n).id, RowState::after(&message, me));
        }
        let dropped: Vec<_> =
            (0..count).filter(|n| expected.position(samples::conversation(*n).id).is_none()).collect();
        assert_eq!(dropped, [0, 1]);
    }

    #[test]
    fn of_two_messages_without_numbers_the_later_one_counts_in_any_order() {
        let me = samples::user(1, "ana").id;
        let state = |n: u128| {
            let message = samples::message(n, "🎈", &format!("2026-11-20T09:26:{n:02}.000000+00:00"));
            RowState::after(&Message { seq: 0, ..message }, me)
        };
        for order in [[1, 2], [2, 1]] {
            let mut expected = ExpectedRows::default();
            let mut row = samples::conversation(1);
            (row.seq, row.last_sent_at) = (0, state(1).last_sent_at);
            for n in order {
                expected.insert(row.id, state(n));
                state(n).raise(&mut row);
            }
            assert_eq!(RowState::of(&row).last_sent_at, state(2).last_sent_at, "{order:?}");
            (row.seq, row.last_sent_at) = (0, state(1).last_sent_at);
            expected.apply(&mut row);
            assert_eq!(RowState::of(&row).last_sent_at, state(2).last_sent_at, "{order:?}, expected");
        }
    }

    #[test]
    fn the_delays_between_pulls_double_up_to_a_limit() {
        let delays: Vec<_> = (0..8).map(|attempt| pull_delay(attempt).as_millis()).collect();
        assert_eq!(delays, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]);
        assert_eq!(pull_delay(u32::MAX), PULL_DELAY_MAX);
    }
}
