//! Status of the user's own messages: sent, delivered or read.

use crate::domain::conversation::Receipts;
use crate::domain::message::{self, Message};
use crate::domain::user;

/// The messages that carry a status label: the newest read, the newest delivered and the newest sent message. A label
/// applies to all earlier messages, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptMarks {
    sent: Option<message::Id>,
    delivered: Option<message::Id>,
    read: Option<message::Id>,
}

impl ReceiptMarks {
    /// Finds the labeled ones among `messages`, oldest first. Without receipts all messages count as sent only.
    pub fn of(messages: &[Message], me: user::Id, receipts: Option<Receipts>) -> Self {
        let Receipts { delivered, read } = receipts.unwrap_or_default();
        let mut marks = Self::default();
        for message in messages.iter().filter(|message| message.author == me) {
            // Legacy messages have the sequence number 0, so they count as read or delivered once any message is.
            let mark = match message.seq {
                seq if read > 0 && seq <= read => &mut marks.read,
                seq if delivered > 0 && seq <= delivered => &mut marks.delivered,
                _ => &mut marks.sent,
            };
            *mark = Some(message.id);
        }
        marks
    }

    /// Returns the messages that carry a label.
    pub fn ids(&self) -> impl Iterator<Item = message::Id> + use<> {
        [self.sent, self.delivered, self.read].into_iter().flatten()
    }

    /// Returns the label of a message, if it carries one.
    pub fn label_of(&self, message: message::Id) -> Option<&'static str> {
        match Some(message) {
            id if id == self.read => Some("Read"),
            id if id == self.delivered => Some("Delivered"),
            id if id == self.sent => Some("Sent"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    const AT: &str = "2026-11-21T09:26:28.207802+00:00";

    /// Returns the labels of four messages; the second message is Ben's, the others are Ana's.
    fn marks(receipts: Option<Receipts>) -> [&'static str; 4] {
        let (ana, ben) = (samples::user(1, "ana").id, samples::user(2, "ben").id);
        let mut messages: Vec<_> = (1..5).map(|n| samples::message(n, "hello", AT)).collect();
        messages[1].author = ben;
        let marks = ReceiptMarks::of(&messages, ana, receipts);
        [0, 1, 2, 3].map(|n| marks.label_of(messages[n].id).unwrap_or_default())
    }

    #[test]
    fn each_status_is_shown_below_the_newest_message_that_has_it() {
        assert_eq!(marks(Some(Receipts::default())), ["", "", "", "Sent"]);
        assert_eq!(marks(Some(Receipts::delivered(3))), ["", "", "Delivered", "Sent"]);
        assert_eq!(marks(Some(Receipts { delivered: 4, read: 1 })), ["Read", "", "", "Delivered"]);
        assert_eq!(marks(Some(Receipts::read(4))), ["", "", "", "Read"]);
    }

    #[test]
    fn a_message_of_the_other_member_has_no_label() {
        assert_eq!(marks(Some(Receipts { delivered: 3, read: 2 })), ["Read", "", "Delivered", "Sent"]);
    }

    #[test]
    fn without_receipts_messages_are_labeled_only_as_sent() {
        assert_eq!(marks(None), ["", "", "", "Sent"]);
    }
}
