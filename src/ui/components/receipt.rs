//! How far one's own messages have got.

use leptos::prelude::*;

use crate::domain::conversation::Receipts;
use crate::domain::message::{self, Message};
use crate::domain::user;

/// Below which of one's messages it says how far they have got: below the newest that is read, the newest that has only
/// been delivered, and the newest that is only stored. What stands above a mark has got as far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptMarks {
    sent: Option<message::Id>,
    delivered: Option<message::Id>,
    read: Option<message::Id>,
}

impl ReceiptMarks {
    /// Where the marks stand among `messages`, oldest first. Where receipts are not shown, all is only stored.
    pub fn of(messages: &[Message], me: user::Id, receipts: Option<Receipts>) -> Self {
        let Receipts { delivered, read } = receipts.unwrap_or_default();
        let mut marks = Self::default();
        for message in messages.iter().filter(|message| message.author == me) {
            // What the old app wrote has the place 0, before all that a receipt speaks of.
            let mark = match message.seq {
                seq if read > 0 && seq <= read => &mut marks.read,
                seq if delivered > 0 && seq <= delivered => &mut marks.delivered,
                _ => &mut marks.sent,
            };
            *mark = Some(message.id);
        }
        marks
    }

    fn below(&self, message: message::Id) -> Option<&'static str> {
        match Some(message) {
            id if id == self.read => Some("Read"),
            id if id == self.delivered => Some("Delivered"),
            id if id == self.sent => Some("Sent"),
            _ => None,
        }
    }
}

/// The mark below a message of one's own, where one stands.
#[component]
pub fn Receipt(
    /// Which message.
    message: message::Id,
    /// Where marks stand.
    marks: Memo<ReceiptMarks>,
) -> impl IntoView {
    let mark = Memo::new(move |_| marks.read().below(message));
    move || mark.get().map(|mark| view! { <span class="message__receipt">{mark}</span> })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    const AT: &str = "2026-11-21T09:26:28.207802+00:00";

    /// Four messages of ana's, one of ben's among them, and what it says below each.
    fn marks(receipts: Option<Receipts>) -> [&'static str; 4] {
        let (ana, ben) = (samples::user(1, "ana").id, samples::user(2, "ben").id);
        let mut messages: Vec<_> = (1..5).map(|n| samples::message(n, "hello", AT)).collect();
        messages[1].author = ben;
        let marks = ReceiptMarks::of(&messages, ana, receipts);
        [0, 1, 2, 3].map(|n| marks.below(messages[n].id).unwrap_or_default())
    }

    #[test]
    fn a_mark_stands_below_the_newest_message_that_has_got_so_far() {
        assert_eq!(marks(Some(Receipts::default())), ["", "", "", "Sent"]);
        assert_eq!(marks(Some(Receipts::delivered(3))), ["", "", "Delivered", "Sent"]);
        assert_eq!(marks(Some(Receipts { delivered: 4, read: 1 })), ["Read", "", "", "Delivered"]);
        assert_eq!(marks(Some(Receipts::read(4))), ["", "", "", "Read"]);
    }

    #[test]
    fn below_a_message_of_the_other_person_stands_nothing() {
        assert_eq!(marks(Some(Receipts { delivered: 3, read: 2 })), ["Read", "", "Delivered", "Sent"]);
    }

    #[test]
    fn without_receipts_messages_are_sent_and_no_more() {
        assert_eq!(marks(None), ["", "", "", "Sent"]);
    }
}
