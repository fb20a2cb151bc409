//! User settings.

use serde::{Deserialize, Serialize};

/// Settings of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Receipts are on: the user's are shown to others, and others' to the user. Off means neither.
    pub receipts: bool,
    /// Presence is on: others see when the user is online, and the user sees it of them. Off means neither.
    pub presence: bool,
    #[serde(default)]
    pub starters: Starters,
}

impl Settings {
    /// Returns these settings as a form asks for them that showed `seen`: what the user has not changed there stays as
    /// it is stored, because another page may have changed it since.
    pub fn over(self, seen: Self, stored: Self) -> Self {
        fn choose<T: PartialEq>(chosen: T, seen: T, stored: T) -> T {
            if chosen == seen { stored } else { chosen }
        }
        Self {
            receipts: choose(self.receipts, seen.receipts, stored.receipts),
            presence: choose(self.presence, seen.presence, stored.presence),
            starters: choose(self.starters, seen.starters, stored.starters),
        }
    }
}

/// Users who can start a conversation with a user. No other user learns of the choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starters {
    /// All. A conversation begins as a request.
    #[default]
    Everyone,
    /// Users to whom the user has written. With each of them there is a conversation, which they continue.
    Contacts,
    /// None. As long as two users have at most one conversation, this refuses the same messages as `Contacts`.
    Nobody,
}

impl Starters {
    /// All choices, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Everyone, Self::Contacts, Self::Nobody];

    /// Returns the name in the form and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Contacts => "contacts",
            Self::Nobody => "nobody",
        }
    }

    /// Returns the choice with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == name)
    }

    /// True if a user to whom the user has never written can send them messages.
    pub fn takes_requests(self) -> bool {
        match self {
            Self::Everyone => true,
            Self::Contacts | Self::Nobody => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_changes_only_what_it_has_shown_otherwise() {
        let all = |on, starters| Settings { receipts: on, presence: on, starters };
        let (seen, stored) = (all(true, Starters::Everyone), all(false, Starters::Nobody));
        assert_eq!(seen.over(seen, stored), stored, "nothing was changed");
        let chosen = Settings { presence: false, ..seen };
        assert_eq!(
            chosen.over(seen, all(true, Starters::Contacts)),
            Settings { presence: false, ..all(true, Starters::Contacts) }
        );
    }
}
