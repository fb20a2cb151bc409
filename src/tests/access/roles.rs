//! Kinds of users, and what each may do.

/// Number of roles that are tried side by side.
pub(super) const ROLES_AT_ONCE: usize = 3;

/// Defines the roles, and the list of all of them.
macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal,)*) => {
        /// Kind of user, by the relation to the conversation that a call names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Role {
            $($(#[$doc])* $role,)*
        }

        impl Role {
            pub(super) const ALL: [Self; [$(Self::$role),*].len()] = [$(Self::$role),*];

            /// Returns the handle of the user.
            pub(super) fn handle(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)*
                }
            }
        }
    };
}

roles! {
    /// Not signed in.
    Anonymous "anonymous",
    /// Signed in, and no member of the conversation.
    Stranger "stranger",
    /// Member whom the other member has blocked.
    Blocked "blocked",
    /// Member who has blocked the other member.
    Blocker "blocker",
    Member "member",
    /// Member who has sent the request that the conversation still is.
    Requester "requester",
    /// Member who has received it.
    Recipient "recipient",
    /// Member with a session and a token from before the operator has suspended the account.
    Suspended "suspended",
    /// Former member whose account has been deleted, and whose browser and program still try.
    Deleted "deleted",
}

/// Rule of access to a route or a server function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Open to all.
    Open,
    /// Page for users who are not signed in. Others are led on.
    Visitors,
    /// Open to users who are signed in, and about their own data or public data.
    SignedIn,
    /// Open to the members of the conversation that is named, also after a block.
    Members,
    /// Delivers something to the other members of the conversation that is named.
    Delivery,
    /// Delivers something to a user who is named, with whom there may be no conversation yet.
    FirstMessage,
    /// Edits a message of the user's own. That of a request is the sender's.
    Edit,
    /// Deletes a message of the user's own, also after a block.
    Deletion,
    /// Reacts to a message. The recipient of a request cannot, because that would show that they have seen it.
    Reaction,
    /// Reports a message of another member. A request has none for its sender.
    MessageReport,
    /// Accepts or deletes the request that the conversation is, if it is one.
    Answer,
}

/// Decision about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Done, or refused for another reason than access.
    Allowed,
    /// Led to another page.
    LedOn,
    /// Told to sign in.
    SignInFirst,
    /// Answered as if the conversation did not exist.
    NotFound,
    /// Refused as for a user who takes no messages.
    Undeliverable,
    /// Refused until the user has accepted the request.
    AcceptFirst,
}

impl Rule {
    /// Decides about a call of a user of this kind.
    pub(super) fn decide(self, role: Role) -> Decision {
        use Role::{Anonymous, Blocked, Blocker, Deleted, Member, Recipient, Requester, Stranger, Suspended};
        match (self, role) {
            (Self::Open, _) | (Self::Visitors, Anonymous | Suspended | Deleted) => Decision::Allowed,
            (Self::Visitors, Stranger | Blocked | Blocker | Member | Requester | Recipient) => Decision::LedOn,
            (_, Anonymous | Suspended | Deleted) => Decision::SignInFirst,
            (Self::SignedIn, _) | (Self::FirstMessage, Stranger) => Decision::Allowed,
            (_, Stranger) => Decision::NotFound,
            (Self::Members | Self::MessageReport | Self::Deletion | Self::Answer, Blocked | Blocker) => {
                Decision::Allowed
            }
            (Self::Delivery | Self::FirstMessage | Self::Edit | Self::Reaction, Blocked | Blocker) => {
                Decision::Undeliverable
            }
            (Self::Answer | Self::MessageReport, Requester) | (Self::Edit | Self::Deletion, Recipient) => {
                Decision::NotFound
            }
            (Self::Reaction, Recipient) => Decision::AcceptFirst,
            (_, Member | Requester | Recipient) => Decision::Allowed,
        }
    }
}
