//! Reports of messages and users to the operator.

use serde::{Deserialize, Serialize};

use crate::domain::conversation;
use crate::domain::message::Message;
use crate::domain::user::User;

/// Number of messages before the reported one that the operator sees, too.
pub const CONTEXT_SIZE: usize = 5;

/// Reason of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Spam,
    Harassment,
    Violence,
    Sexual,
    SelfHarm,
    Impersonation,
    Other,
}

impl Reason {
    /// All reasons, in the order of the form.
    pub const ALL: [Self; 7] =
        [Self::Spam, Self::Harassment, Self::Violence, Self::Sexual, Self::SelfHarm, Self::Impersonation, Self::Other];

    /// Returns the name in the form and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Harassment => "harassment",
            Self::Violence => "violence",
            Self::Sexual => "sexual",
            Self::SelfHarm => "self_harm",
            Self::Impersonation => "impersonation",
            Self::Other => "other",
        }
    }

    /// Returns the reason with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Message or user that can be reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSubject {
    pub conversation: conversation::Id,
    /// The reported user: the author of the message, or the other member of the conversation.
    pub user: User,
    /// The reported message; `None` if the user is reported.
    pub message: Option<Message>,
    /// True if there is an open report of the same user about it.
    pub is_reported: bool,
}
