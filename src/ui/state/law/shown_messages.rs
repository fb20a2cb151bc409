//! The newest state of each message that the page has shown.

use proptest::prelude::*;

use crate::domain::message::{Message, TextVersion};
use crate::ui::state::law::changes::text;

/// Newest state of a message, and version of the text in its quote.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Shown {
    is_known: bool,
    changed: u64,
    version: TextVersion,
    quoted: TextVersion,
}

/// By the number of the message.
#[derive(Default)]
pub(super) struct ShownMessages(Vec<Shown>);

impl ShownMessages {
    /// Checks that no message is in an older state than it has been, that its text is one that the author has written,
    /// and that no quote has an older text than it has had, or than the page shows elsewhere.
    pub(super) fn check(&mut self, messages: &[Message]) -> Result<(), TestCaseError> {
        for message in messages {
            let now = Shown {
                is_known: true,
                changed: message.changed,
                version: message.version(),
                quoted: message.quote.as_ref().map_or(TextVersion::default(), |quote| quote.version),
            };
            let number = message.id.0.as_u128() as usize;
            self.0.resize(self.0.len().max(number + 1), Shown::default());
            let shown = std::mem::replace(&mut self.0[number], now);
            if shown == now {
                continue;
            }
            prop_assert!(now.changed >= shown.changed, "{message:?} has been shown with {shown:?}");
            prop_assert!(now.version >= shown.version, "{message:?} has been shown with {shown:?}");
            prop_assert!(now.quoted >= shown.quoted || message.is_deleted(), "{message:?} was shown with {shown:?}");
            prop_assert_eq!(&message.body, &text(message, now.version), "only the author changes a text");
        }
        check_quotes(messages)
    }
}

fn check_quotes(messages: &[Message]) -> Result<(), TestCaseError> {
    let quotes: Vec<_> = messages.iter().filter_map(|message| message.quote.as_ref()).collect();
    for quote in &quotes {
        let original = messages.iter().find(|message| message.id == quote.message.id);
        let is_old = original.is_some_and(|original| quote.version < original.version());
        prop_assert!(!is_old, "{quote:?} is older than the message that the page shows");
        let is_behind = quotes.iter().any(|other| other.message == quote.message && other.version > quote.version);
        prop_assert!(!is_behind, "{quote:?} is older than another quote of the same message");
        prop_assert_eq!(quote.text.is_none(), quote.version.is_deleted());
    }
    Ok(())
}
