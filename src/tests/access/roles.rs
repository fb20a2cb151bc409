//! Kinds of users, and what each may do.

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
}

impl Rule {
    /// Decides about a call of a user of this kind.
    pub(super) fn decide(self, role: Role) -> Decision {
        match (self, role) {
            (Self::Open, _) | (Self::Visitors, Role::Anonymous | Role::Suspended | Role::Deleted) => Decision::Allowed,
            (Self::Visitors, Role::Stranger | Role::Blocked | Role::Blocker | Role::Member) => Decision::LedOn,
            (_, Role::Anonymous | Role::Suspended | Role::Deleted) => Decision::SignInFirst,
            (Self::Members | Self::Delivery, Role::Stranger) => Decision::NotFound,
            (Self::Delivery | Self::FirstMessage, Role::Blocked | Role::Blocker) => Decision::Undeliverable,
            (Self::SignedIn, _) => Decision::Allowed,
            (Self::Members, Role::Blocked | Role::Blocker | Role::Member) => Decision::Allowed,
            (Self::Delivery | Self::FirstMessage, Role::Member) | (Self::FirstMessage, Role::Stranger) => {
                Decision::Allowed
            }
        }
    }
}
