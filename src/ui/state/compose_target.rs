//! Targets of the messages that the user writes.

use std::fmt;
use std::str::FromStr;

use crate::domain::{conversation, user};

/// Prefix of a user's id in the text of a target. A conversation's id has none.
const USER_PREFIX: &str = "to-";

/// Target of a message or draft. Its text is part of the local-storage key of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Conversation(conversation::Id),
    /// The recipient of a first message. By id: days later, the handle may belong to another user.
    Person(user::Id),
}

impl Target {
    /// Returns the conversation, if it exists.
    pub fn conversation_id(self) -> Option<conversation::Id> {
        match self {
            Self::Conversation(id) => Some(id),
            Self::Person(_) => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "{id}"),
            Self::Person(id) => write!(f, "{USER_PREFIX}{id}"),
        }
    }
}

impl FromStr for Target {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(USER_PREFIX) {
            Some(id) => id.parse().map(Self::Person),
            None => text.parse().map(Self::Conversation),
        }
    }
}

/// Target of a composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComposeTarget {
    /// A user with whom there is no conversation yet.
    Person(user::Id),
    Direct {
        conversation: conversation::Id,
        peer: user::Id,
    },
    Group(conversation::Id),
}

impl ComposeTarget {
    /// Creates the target of a conversation's composer. `peer` is the other member of a direct conversation.
    pub fn conversation(conversation: conversation::Id, peer: Option<user::Id>) -> Self {
        peer.map_or(Self::Group(conversation), |peer| Self::Direct { conversation, peer })
    }

    /// Returns the conversation, if it exists.
    pub fn conversation_id(self) -> Option<conversation::Id> {
        match self {
            Self::Person(_) => None,
            Self::Direct { conversation, .. } | Self::Group(conversation) => Some(conversation),
        }
    }

    /// Returns the targets under which messages and drafts of this composer are kept. The first is the current one; the
    /// second was used before the direct conversation existed.
    pub fn targets(self) -> impl Iterator<Item = Target> {
        self.conversation_id().map(Target::Conversation).into_iter().chain(self.peer().map(Target::Person))
    }

    /// Returns the recipient, unless the target is a group.
    pub fn peer(self) -> Option<user::Id> {
        match self {
            Self::Person(peer) | Self::Direct { peer, .. } => Some(peer),
            Self::Group(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CONVERSATION: conversation::Id = conversation::Id(Uuid::from_u128(1));
    const BEN: user::Id = user::Id(Uuid::from_u128(2));

    #[test]
    fn every_target_can_be_parsed_from_its_own_text() {
        for target in [Target::Conversation(CONVERSATION), Target::Person(BEN)] {
            assert_eq!(target.to_string().parse::<Target>(), Ok(target));
        }
        assert_eq!(Target::Conversation(CONVERSATION).to_string(), CONVERSATION.to_string());
        assert!("to-nobody".parse::<Target>().is_err());
    }

    #[test]
    fn messages_to_a_recipient_also_belong_to_the_conversation_with_them() {
        let targets = |target: ComposeTarget| target.targets().collect::<Vec<_>>();
        assert_eq!(targets(ComposeTarget::Person(BEN)), [Target::Person(BEN)]);
        let direct = ComposeTarget::conversation(CONVERSATION, Some(BEN));
        assert_eq!(targets(direct), [Target::Conversation(CONVERSATION), Target::Person(BEN)]);
        let group = ComposeTarget::conversation(CONVERSATION, None);
        assert_eq!(targets(group), [Target::Conversation(CONVERSATION)]);
    }
}
