//! Messages of other servers whose inbox rows may not have moved yet.
//!
//! A server publishes a message before it moves the inbox rows of the members. Its own lists merge the moves that are
//! pending; those of another server may lack the message for a moment, although they are read after its event.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::domain::user;

/// Time after which the inbox rows of a message have moved. Longer than the interval at which a server without a
/// connection to the bus reports that it may have missed events.
const SETTLING: Duration = Duration::from_secs(12);

/// Maximum number of remembered recipients.
const KEPT_MAX: usize = 4096;

/// The recipients of the messages that other servers have published lately.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    recent: VecDeque<(Instant, user::Id)>,
    /// Time at which the server may have missed messages to any user.
    gap_at: Option<Instant>,
}

impl Unsettled {
    /// Notes a message. If too many are remembered, the oldest one may have been to any user.
    pub(super) fn add(&mut self, recipients: &[user::Id], now: Instant) {
        self.recent.extend(recipients.iter().map(|recipient| (now, *recipient)));
        let excess = self.recent.len().saturating_sub(KEPT_MAX);
        if let Some((dropped_at, _)) = self.recent.drain(..excess).next_back() {
            self.gap_at = self.gap_at.max(Some(dropped_at));
        }
    }

    /// Notes that messages may have been missed.
    pub(super) fn add_gap(&mut self, now: Instant) {
        self.gap_at = Some(now);
    }

    /// Returns true if the list of a user may lack a message whose event has come already.
    pub(super) fn concerns(&self, user: user::Id, now: Instant) -> bool {
        let is_recent = |at: Instant| now.duration_since(at) < SETTLING;
        let mut recent = self.recent.iter().rev().take_while(|(at, _)| is_recent(*at));
        self.gap_at.is_some_and(is_recent) || recent.any(|(_, recipient)| *recipient == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    fn user(n: u128) -> user::Id {
        samples::user(n, "someone").id
    }

    #[test]
    fn a_message_concerns_its_recipients_until_their_inbox_rows_have_moved() {
        let (mut unsettled, start) = (Unsettled::default(), Instant::now());
        assert!(!unsettled.concerns(user(1), start));
        unsettled.add(&[user(1), user(2)], start);
        let later = start + SETTLING / 2;
        unsettled.add(&[user(3)], later);
        assert_eq!([1, 2, 3, 4].map(|n| unsettled.concerns(user(n), later)), [true, true, true, false]);
        let settled = start + SETTLING;
        assert_eq!([1, 2, 3, 4].map(|n| unsettled.concerns(user(n), settled)), [false, false, true, false]);
    }

    #[test]
    fn missed_messages_concern_every_user() {
        let (mut unsettled, start) = (Unsettled::default(), Instant::now());
        unsettled.add_gap(start);
        assert!(unsettled.concerns(user(1), start));
        assert!(!unsettled.concerns(user(1), start + SETTLING));
    }

    #[test]
    fn more_messages_than_are_remembered_concern_every_user() {
        let (mut unsettled, start) = (Unsettled::default(), Instant::now());
        unsettled.add(&[user(2); KEPT_MAX], start);
        assert!(!unsettled.concerns(user(1), start));
        unsettled.add(&[user(2)], start + SETTLING / 2);
        assert!(unsettled.concerns(user(1), start + SETTLING / 2));
        assert!(!unsettled.concerns(user(1), start + SETTLING), "the forgotten one is old by now");
        assert_eq!(unsettled.recent.len(), KEPT_MAX);
    }
}
