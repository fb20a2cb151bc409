//! Merging of states of messages: of two the newer one stays, in the messages and in the quotes of them.

use crate::domain::message::{Message, Quote};

/// Merges a state of a message into `messages`, and into the quotes of it.
pub(super) fn merge(messages: &mut [Message], message: &Message) {
    if let Some(known) = messages.iter_mut().rfind(|known| known.id == message.id) {
        known.merge(message);
    }
    for quote in messages.iter_mut().filter_map(|it| it.quote.as_mut()) {
        if quote.message.id == message.id {
            quote.merge(&message.quoted());
        } else if let Some(other) = &message.quote {
            quote.merge(other);
        }
    }
}

/// Shows the newest known text of each quoted message in all quotes of it.
pub(super) fn refresh_quotes(messages: &mut [Message]) {
    let mut newest: Vec<Quote> = Vec::new();
    for quote in messages.iter().filter_map(|it| it.quote.as_ref()) {
        match newest.iter_mut().find(|known| known.message.id == quote.message.id) {
            Some(known) => known.merge(quote),
            None => newest.push(quote.clone()),
        }
    }
    for quote in &mut newest {
        if let Some(quoted) = messages.iter().rfind(|it| it.id == quote.message.id) {
            quote.merge(&quoted.quoted());
        }
    }
    for quote in messages.iter_mut().filter_map(|it| it.quote.as_mut()) {
        for known in &newest {
            quote.merge(known);
        }
    }
}
