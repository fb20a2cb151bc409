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

    /// Announces the messages of others among `new`: the newest ones if there are many. A message that has been deleted
    /// meanwhile has nothing to announce. Returns whether there are any.
    pub(super) fn announce(&mut self, new: Vec<Message>) -> bool {
        let count = self.messages.len();
        self.messages.extend(new.into_iter().filter(|message| message.author != self.me && !message.is_deleted()));
        let is_changed = self.messages.len() > count;
        self.messages.drain(..self.messages.len().saturating_sub(ANNOUNCED_MAX));
        is_changed
    }

    /// Removes the messages that are deleted among `changed`: their texts must not stay on the page. Nothing is
    /// announced, and an edited message stays as it was announced. Returns whether any was removed.
    pub(super) fn remove_deleted(&mut self, changed: &[Message]) -> bool {
        let count = self.messages.len();
        let is_deleted = |announced: &Message| changed.iter().any(|it| it.id == announced.id && it.is_deleted());
        self.messages.retain(|announced| !is_deleted(announced));
        self.messages.len() < count
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
    fn the_text_of_a_deleted_message_leaves_the_announcements_and_an_edit_is_not_announced() {
        let mut announcer = announcer();
        announcer.announce(vec![message(1, BEN), message(2, BEN)]);
        let edited = Message { body: "hello again".to_owned(), edits: 1, changed: 1, ..message(1, BEN) };
        assert!(!announcer.remove_deleted(&[edited.clone(), message(2, BEN)]));
        assert_eq!(announcer.messages(), [message(1, BEN), message(2, BEN)]);
        let deleted = Message { body: String::new(), deleted_at: Some(edited.sent_at.clone()), changed: 2, ..edited };
        assert!(announcer.remove_deleted(&[deleted.clone(), message(2, BEN)]));
        assert_eq!(announcer.messages(), [message(2, BEN)]);
        assert!(!announcer.announce(vec![deleted]), "it was deleted before the page got it");
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
