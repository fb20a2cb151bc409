//! Messages and changes of messages that are not stored yet, as the browser keeps them.

use uuid::Uuid;

use crate::domain::emoji::Emoji;
use crate::domain::message::{self, MessageRef};
use crate::domain::user;
use crate::ui::state::compose_target::Target;
use crate::ui::state::refusal::Refusal;

/// Content of an entry: a message to send, or a change of a stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text of a new message.
    Body(String),
    /// Another text for one of the user's own messages. `edits` is the number of edits that the user has seen.
    Edit { message: MessageRef, edits: u32, body: String },
    /// Deletion of one of the user's own messages.
    Delete(MessageRef),
    /// Reaction that the user adds (`on`) or removes.
    React { message: MessageRef, emoji: Emoji, on: bool },
}

impl Content {
    /// Returns the text that the user has written.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Body(body) | Self::Edit { body, .. } => Some(body),
            Self::Delete(_) | Self::React { .. } => None,
        }
    }

    /// Returns the stored message that is changed.
    pub fn changes(&self) -> Option<&MessageRef> {
        match self {
            Self::Body(_) => None,
            Self::Edit { message, .. } | Self::Delete(message) | Self::React { message, .. } => Some(message),
        }
    }
}

/// Message or change that the user has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnsent {
    /// Id of the message, or an id of its own for a change.
    pub id: message::Id,
    pub target: Target,
    /// The other member, if the target is a direct conversation.
    pub peer: Option<user::Id>,
    /// Names of the recipients.
    pub to: String,
    pub content: Content,
    /// Of a message, the one that it answers.
    pub reply_to: Option<MessageRef>,
    /// Of an edit, the text that the user has seen.
    pub edited: Option<String>,
}

/// Message or change that is not stored yet, as far as this page knows. Its JSON is in `kept.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Of a message, the idempotency key: the server stores the message once per id.
    pub id: message::Id,
    /// The only target to which the message is ever sent.
    pub target: Target,
    /// The other member, if the target is a direct conversation.
    pub peer: Option<user::Id>,
    /// Names of the recipients, for a list in which their page is missing.
    pub to: String,
    /// Position in the order of writing. Not a time, because the clock of the device may be set back.
    pub order: u64,
    /// Time of writing by the clock of the device, in milliseconds since 1970.
    pub written_at_ms: u64,
    pub content: Content,
    /// The message that this one answers.
    pub reply_to: Option<MessageRef>,
    /// Texts that the user has replaced in this entry. The server may have stored one of them.
    pub replaced: Vec<String>,
    pub refused: Option<Refusal>,
}

/// Messages and changes of one lane are sent one after the other: those to one user or one group.
pub type Lane = Uuid;

impl Unsent {
    /// Returns whether this is a change of a stored message, and not a message.
    pub fn is_change(&self) -> bool {
        self.content.changes().is_some()
    }

    /// Returns the text to send, and those that the server may have stored instead, if there is a text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.content.text().into_iter().chain(self.replaced.iter().map(String::as_str))
    }

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
    use crate::domain::message::SentAt;

    fn unsent(target: Target) -> Unsent {
        let id = message::Id(Uuid::from_u128(1));
        let (to, content) = ("Ben".to_owned(), Content::Body("hello".to_owned()));
        let (reply_to, replaced) = (None, Vec::new());
        Unsent { id, target, peer: None, to, order: 7, written_at_ms: 9, content, reply_to, replaced, refused: None }
    }

    fn reference() -> MessageRef {
        MessageRef { id: message::Id(Uuid::from_u128(8)), sent_at: SentAt::stored("2026-11-21T09:26".to_owned()) }
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
        assert_eq!((read.content.text(), read.order, read.lane()), (Some("hello"), 0, Uuid::from_u128(2)));
        assert_eq!((read.reply_to, read.replaced), (None, Vec::new()));
    }

    #[test]
    fn changes_and_answers_are_stored_and_an_earlier_version_takes_no_change_for_a_message() {
        #[derive(serde::Deserialize)]
        struct Earlier {
            #[serde(rename = "body")]
            _body: String,
        }
        let (message, emoji) = (reference(), Emoji::stored("🎈".to_owned()));
        let body = "hello".to_owned();
        let changes = [
            Content::Edit { message: message.clone(), edits: 2, body },
            Content::Delete(message.clone()),
            Content::React { message, emoji, on: false },
        ];
        for content in changes {
            let target = Target::Conversation(conversation::Id(Uuid::from_u128(2)));
            let replaced = vec!["hell".to_owned()];
            let change = Unsent { content, reply_to: Some(reference()), replaced, ..unsent(target) };
            let stored = serde_json::to_string(&change).expect("JSON");
            assert_eq!(serde_json::from_str::<Unsent>(&stored).expect(&stored), change);
            assert!(serde_json::from_str::<Earlier>(&stored).is_err(), "{stored}");
        }
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
