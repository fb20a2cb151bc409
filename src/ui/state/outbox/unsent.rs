//! Messages that are not stored yet, as the browser keeps them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{message, user};
use crate::ui::state::compose_target::Target;
use crate::ui::state::refusal::Refusal;

/// Message that the user has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub id: message::Id,
    pub target: Target,
    /// The other member, if the target is a direct conversation.
    pub peer: Option<user::Id>,
    /// Names of the recipients.
    pub to: String,
    pub body: String,
}

/// Message that is not stored yet, as far as this page knows. The fields with a default are missing in messages that an
/// earlier version has kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    /// The idempotency key: the server stores the message once per id.
    pub id: message::Id,
    /// The only target to which the message is ever sent. Serialized as a field named `conversation` or `person`.
    #[serde(flatten)]
    pub target: Target,
    /// The other member, if the target is a direct conversation.
    #[serde(default)]
    pub peer: Option<user::Id>,
    /// Names of the recipients, for a list in which their page is missing.
    #[serde(default)]
    pub to: String,
    /// Position in the order of writing. Not a time, because the clock of the device may be set back.
    #[serde(default)]
    pub order: u64,
    /// Time of writing by the clock of the device, in milliseconds since 1970.
    #[serde(default)]
    pub written_at_ms: u64,
    pub body: String,
    pub refused: Option<Refusal>,
}

/// Messages of one lane are sent one after the other: those to one user or one group.
pub type Lane = Uuid;

impl Unsent {
    /// Returns the lane. A first message and those to the conversation that has been started since share one.
    pub fn lane(&self) -> Lane {
        match (self.target, self.peer) {
            (Target::Person(peer), _) | (_, Some(peer)) => peer.0,
            (Target::Conversation(id), None) => id.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::conversation;

    fn unsent(target: Target) -> Unsent {
        let id = message::Id(Uuid::from_u128(1));
        let (to, body) = ("Ben".to_owned(), "hello".to_owned());
        Unsent { id, target, peer: None, to, order: 7, written_at_ms: 9, body, refused: None }
    }

    #[test]
    fn a_message_is_stored_with_its_target() {
        let id = Uuid::from_u128(2);
        for (target, field) in [
            (Target::Conversation(conversation::Id(id)), "\"conversation\":\"00000000-0000-0000-0000-000000000002\""),
            (Target::Person(user::Id(id)), "\"person\":\"00000000-0000-0000-0000-000000000002\""),
        ] {
            let stored = serde_json::to_string(&unsent(target)).expect("JSON");
            assert!(stored.contains(field), "{stored}");
            assert_eq!(serde_json::from_str::<Unsent>(&stored).expect(&stored), unsent(target));
        }
    }

    #[test]
    fn a_message_that_an_earlier_version_has_kept_is_still_sent() {
        let kept = r#"{"id":"00000000-0000-0000-0000-000000000001","person":"00000000-0000-0000-0000-000000000002",
            "body":"hello","refused":null}"#;
        let read: Unsent = serde_json::from_str(kept).expect("JSON");
        assert_eq!((read.body.as_str(), read.order, read.lane()), ("hello", 0, Uuid::from_u128(2)));
    }

    #[test]
    fn a_first_message_and_the_conversation_that_it_starts_share_a_lane() {
        let peer = user::Id(Uuid::from_u128(2));
        let mut later = unsent(Target::Conversation(conversation::Id(Uuid::from_u128(3))));
        assert_ne!(later.lane(), unsent(Target::Person(peer)).lane());
        later.peer = Some(peer);
        assert_eq!(later.lane(), unsent(Target::Person(peer)).lane());
    }
}
