//! Announcements of new messages by screen readers.

use crate::domain::message::Message;
use crate::domain::user;

/// Maximum number of messages that are announced at once.
const ANNOUNCED_MAX: usize = 5;

/// The messages to announce: new messages of the others, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announcer {
    me: user::Id,
    messages: Vec<Message>,
}

impl Announcer {
    /// Starts without messages: those that are on the page when it opens are not new.
    pub(super) fn new(me: user::Id) -> Self {
        Self { me, messages: Vec::new() }
    }

    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Announces the messages of others among `new`: the newest ones if there are many. Returns whether there are any.
    pub(super) fn announce(&mut self, new: Vec<Message>) -> bool {
        let count = self.messages.len();
        self.messages.extend(new.into_iter().filter(|message| message.author != self.me));
        let is_changed = self.messages.len() > count;
        self.messages.drain(..self.messages.len().saturating_sub(ANNOUNCED_MAX));
        is_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    const ANA: u128 = 1;
    const BEN: u128 = 2;

    fn message(n: u128, author: u128) -> Message {
        Message { author: samples::user(author, "x").id, ..samples::message(n, "hello", "2026-11-21T09:26") }
    }

    fn announcer() -> Announcer {
        Announcer::new(samples::user(ANA, "ana").id)
    }

    #[test]
    fn the_users_own_messages_are_not_announced() {
        let mut announcer = announcer();
        assert!(!announcer.announce(vec![message(1, ANA)]));
        assert!(announcer.announce(vec![message(2, ANA), message(3, BEN)]));
        assert_eq!(announcer.messages(), [message(3, BEN)]);
    }

    #[test]
    fn at_most_five_messages_are_announced_at_once_the_newest_of_them() {
        let mut announcer = announcer();
        announcer.announce((1..=7).map(|n| message(n, BEN)).collect());
        assert_eq!(announcer.messages(), [3, 4, 5, 6, 7].map(|n| message(n, BEN)));
        announcer.announce(vec![message(8, BEN)]);
        assert_eq!(announcer.messages(), [4, 5, 6, 7, 8].map(|n| message(n, BEN)));
    }
}
