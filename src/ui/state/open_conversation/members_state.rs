//! Receipts and typing indicator of the other members.

use crate::domain::conversation::{self, Receipts, ReceiptsByReader};
use crate::domain::event::Event;
use crate::domain::user;

/// The other members of a conversation, as far as the page knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui::state) struct MembersState {
    conversation: conversation::Id,
    me: user::Id,
    /// Empty if receipts are turned off.
    receipts: ReceiptsByReader,
    /// The member who is typing.
    typing: Option<user::Id>,
    /// Number of typing signals from others.
    typing_signals: u64,
}

impl MembersState {
    /// Starts with the receipts that the server knows. No member is typing.
    pub(in crate::ui::state) fn new(conversation: conversation::Id, me: user::Id, receipts: ReceiptsByReader) -> Self {
        Self { conversation, me, receipts, typing: None, typing_signals: 0 }
    }

    /// Returns the positions that all other members have reached; `None` if receipts are turned off.
    pub(in crate::ui::state) fn receipts(&self) -> Option<Receipts> {
        self.receipts.of_all()
    }

    /// Returns the member who is typing.
    pub(super) fn typing(&self) -> Option<user::Id> {
        self.typing
    }

    /// Number of the last typing signal, for [`MembersState::expire_typing`].
    pub(super) fn typing_signals(&self) -> u64 {
        self.typing_signals
    }

    /// Applies an event. Events of other conversations and of the user change nothing.
    pub(in crate::ui::state) fn apply(&mut self, event: &Event) {
        if let Some((reader, receipts)) = event.receipts(self.conversation, self.me) {
            self.receipts.merge(reader, receipts);
        }
        match event {
            Event::Typing { conversation, author } if *conversation == self.conversation && *author != self.me => {
                self.typing = Some(*author);
                self.typing_signals += 1;
            }
            Event::MessageSent { conversation, message, .. }
                if *conversation == self.conversation && self.typing == Some(message.author) =>
            {
                self.typing = None;
            }
            _ => {}
        }
    }

    /// Merges the receipts that the server returned with those of events that came meanwhile. `pulled` lacks members
    /// who have turned receipts off since.
    pub(in crate::ui::state) fn refresh(&mut self, pulled: ReceiptsByReader) {
        self.receipts.refresh(pulled);
    }

    /// Ends the typing indicator some time after the signal with this number. A later signal has a timeout of its own.
    pub(super) fn expire_typing(&mut self, signal: u64) {
        if self.typing_signals == signal {
            self.typing = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Message;
    use crate::domain::samples;

    const ANA: u128 = 1;
    const BEN: u128 = 2;

    /// Receipts of Ben, if he shares them.
    fn of_ben(receipts: Option<Receipts>) -> ReceiptsByReader {
        receipts.map(|receipts| (samples::user(BEN, "ben").id, receipts)).into_iter().collect()
    }

    fn members(receipts: Option<Receipts>) -> MembersState {
        MembersState::new(samples::conversation(1).id, samples::user(ANA, "ana").id, of_ben(receipts))
    }

    fn sent(seq: u128, author: u128) -> Event {
        let author = samples::user(author, "x").id;
        let message = Message { author, ..samples::message(seq, "hello", "2026-11-21T09:26") };
        Event::MessageSent { conversation: samples::conversation(1).id, message, rev: 0 }
    }

    fn typing(conversation: u128, author: u128) -> Event {
        let conversation = samples::conversation(conversation).id;
        Event::Typing { conversation, author: samples::user(author, "x").id }
    }

    fn delivered(seq: u64) -> Event {
        let reader = samples::user(BEN, "ben").id;
        Event::MessagesDelivered { conversation: samples::conversation(1).id, reader, seq }
    }

    #[test]
    fn receipts_rise_with_events_and_never_go_back() {
        let mut members = members(Some(Receipts::default()));
        members.apply(&delivered(3));
        members.apply(&delivered(2));
        assert_eq!(members.receipts(), Some(Receipts::delivered(3)));
        members.apply(&sent(4, BEN));
        assert_eq!(members.receipts(), Some(Receipts::read(4)), "a reply implies that the messages before it are read");
    }

    #[test]
    fn pulled_receipts_do_not_undo_those_of_events() {
        let mut members = members(Some(Receipts::default()));
        members.apply(&delivered(3));
        members.refresh(of_ben(Some(Receipts { delivered: 2, read: 1 })));
        assert_eq!(members.receipts(), Some(Receipts { delivered: 3, read: 1 }));
    }

    #[test]
    fn receipts_that_are_turned_off_stay_off_until_the_server_says_otherwise() {
        let mut members = members(Some(Receipts::delivered(3)));
        members.refresh(of_ben(None));
        members.apply(&delivered(4));
        assert_eq!(members.receipts(), None);
        members.refresh(of_ben(Some(Receipts::delivered(4))));
        assert_eq!(members.receipts(), Some(Receipts::delivered(4)));
    }

    #[test]
    fn the_typing_indicator_is_shown_until_the_member_sends_the_message() {
        let mut members = members(None);
        members.apply(&typing(1, BEN));
        members.apply(&sent(1, ANA));
        assert_eq!(members.typing(), Some(samples::user(BEN, "ben").id), "the user's own message does not end it");
        members.apply(&sent(2, BEN));
        assert_eq!(members.typing(), None);
    }

    #[test]
    fn a_change_of_a_message_is_no_sign_that_a_member_has_read_or_sent_something() {
        let mut members = members(Some(Receipts::default()));
        members.apply(&typing(1, BEN));
        let before = members.clone();
        let message = Message { changed: 1, edits: 1, ..samples::message(3, "hello", "2026-11-21T09:26") };
        let message = Message { author: samples::user(BEN, "ben").id, ..message };
        members.apply(&Event::MessageChanged { conversation: samples::conversation(1).id, message });
        assert_eq!(members, before);
    }

    #[test]
    fn typing_in_another_conversation_or_by_the_user_is_not_shown() {
        let mut members = members(None);
        members.apply(&typing(2, BEN));
        members.apply(&typing(1, ANA));
        assert_eq!(members.typing(), None);
    }

    #[test]
    fn the_typing_indicator_expires_unless_a_later_signal_has_come() {
        let mut members = members(None);
        members.apply(&typing(1, BEN));
        let first = members.typing_signals();
        members.apply(&typing(1, BEN));
        members.expire_typing(first);
        assert_eq!(members.typing(), Some(samples::user(BEN, "ben").id));
        members.expire_typing(members.typing_signals());
        assert_eq!(members.typing(), None);
    }
}
