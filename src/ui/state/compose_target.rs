//! Where somebody writes, and where what they write goes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::{conversation, user};

/// What stands before the id of a person, so that it is none of a conversation.
const PERSON: &str = "to-";

/// Where something that is written goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Into a conversation.
    Conversation(conversation::Id),
    /// To somebody with whom there was none when it was written. By the id: days later a handle may be another's.
    Person(user::Id),
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conversation(id) => write!(f, "{id}"),
            Self::Person(id) => write!(f, "{PERSON}{id}"),
        }
    }
}

impl FromStr for To {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(PERSON) {
            Some(id) => id.parse().map(Self::Person),
            None => text.parse().map(Self::Conversation),
        }
    }
}

/// A field in which one writes: to whom and, once there is one, in which conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// None before the first message.
    pub conversation: Option<conversation::Id>,
    /// The other person.
    pub with: user::Id,
}

impl Place {
    /// Where what is written here goes; then, where it went before there was a conversation.
    pub fn ways(self) -> impl Iterator<Item = To> {
        self.conversation.map(To::Conversation).into_iter().chain([To::Person(self.with)])
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const TALK: conversation::Id = conversation::Id(Uuid::from_u128(1));
    const BEN: user::Id = user::Id(Uuid::from_u128(2));

    #[test]
    fn every_way_is_found_again_in_its_own_text() {
        for to in [To::Conversation(TALK), To::Person(BEN)] {
            assert_eq!(to.to_string().parse::<To>(), Ok(to));
        }
        assert_eq!(To::Conversation(TALK).to_string(), TALK.to_string());
        assert!("to-nobody".parse::<To>().is_err());
    }

    #[test]
    fn what_went_to_a_person_is_also_that_of_the_conversation_with_them() {
        let ways = |conversation| Place { conversation, with: BEN }.ways().collect::<Vec<_>>();
        assert_eq!(ways(None), [To::Person(BEN)]);
        assert_eq!(ways(Some(TALK)), [To::Conversation(TALK), To::Person(BEN)]);
    }
}
