//! Message to which a link leads.

use crate::domain::message::{self, Message, SentAt};

/// The message at which a page opens that a link has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkTarget {
    pub id: message::Id,
    /// False if the message of the link is not there any more. This one is the next after it.
    pub is_found: bool,
}

impl LinkTarget {
    /// Finds the message that was sent at the time of the link, or the next one after it; `None` if there is none.
    pub fn find(messages: &[Message], sent_at: &str) -> Option<Self> {
        let sent_at = SentAt::stored(sent_at.to_owned()).url_safe();
        let next = messages.iter().find(|message| message.sent_at.url_safe() >= sent_at)?;
        Some(Self { id: next.id, is_found: next.sent_at.url_safe() == sent_at })
    }
}

/// The message to which the link of the page leads: it is highlighted. Provided to the messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedMessage(pub Option<message::Id>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn a_link_leads_to_its_message_or_to_the_next_one() {
        let messages = [1, 3].map(|n| samples::message(n, "hello", &format!("2026-11-21T09:26:0{n}.000000+00:00")));
        let found = |time: &str| LinkTarget::find(&messages, time);
        let at = |n: usize, is_found| Some(LinkTarget { id: messages[n].id, is_found });
        assert_eq!(found("2026-11-21T09:26:03.000000Z"), at(1, true));
        assert_eq!(found("2026-11-21T09:26:01.000000+00:00"), at(0, true));
        assert_eq!(found("2026-11-21T09:26:02.000000Z"), at(1, false));
        assert_eq!(found("2026-11-21T09:26:04.000000Z"), None);
    }
}
