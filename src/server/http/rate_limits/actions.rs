//! Rate-limited actions, and the quota of each caller for them.

use std::net::IpAddr;
use std::time::Duration;

use crate::domain::user;
use crate::server::store::postgres::shared_limits::{self, Quota};

/// Defines the actions, and for each its name in the metrics, the attempts that a caller may make at once, and the time
/// after which there is one more. The table is the only place to change for a new action.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $name:literal: $burst:literal at once, one more per $refill:expr;)*) => {
        /// Rate-limited action. Each has its own quota.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// All actions.
            #[cfg(test)]
            pub(super) const ALL: [Self; [$(Self::$action),*].len()] = [$(Self::$action),*];

            /// Returns the name in the metrics.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// Returns the quota of a user.
            fn quota(self) -> Quota {
                match self {
                    $(Self::$action => Quota { burst: $burst, refill: $refill },)*
                }
            }
        }
    };
}

actions! {
    SignIn "sign_in": 10 at once, one more per Duration::from_secs(6);
    /// Answer to a further step of a sign-in. Only those who know the password can use up the quota of an account.
    SignInStep "sign_in_step": 10 at once, one more per Duration::from_secs(30);
    SignUp "sign_up": 10 at once, one more per Duration::from_secs(60);
    /// Use of a confirmation code.
    Code "code": 10 at once, one more per Duration::from_secs(30);
    /// Request for a confirmation code.
    CodeRequest "code_request": 10 at once, one more per Duration::from_secs(30);
    Search "search": 30 at once, one more per Duration::from_millis(500);
    /// Page, or a form of one. A browser that starts again loads all its tabs at once: those of the busiest people are
    /// a hundred.
    Page "page": 120 at once, one more per Duration::from_millis(500);
    /// Call of a server function or of the JSON API, whatever it does. A hundred tabs that come back after a restart of
    /// the server make five calls each, and one user at work causes at most a dozen a second within the other quotas.
    Call "call": 600 at once, one more per Duration::from_millis(50);
    /// Opening of an event stream. Each page that is loaded may open one, and so may each tab after a restart of the
    /// server, in a browser whose tabs cannot share one.
    Stream "stream": 120 at once, one more per Duration::from_millis(500);
    Send "send": 30 at once, one more per Duration::from_millis(500);
    /// First message to a user with whom there is no conversation yet. All at once are enough for a class of thirty on
    /// its first day, and the others make thirty more a day.
    NewConversation "new_conversation": 30 at once, one more per Duration::from_secs(2_880);
    /// Edit, deletion or reaction.
    Change "change": 30 at once, one more per Duration::from_millis(500);
    /// A page reports typing at least once per message, however short, so the quota equals that of `Send`.
    Typing "typing": 30 at once, one more per Duration::from_millis(500);
    /// Update of a read or delivery position, or an unread mark.
    Mark "mark": 100 at once, one more per Duration::from_millis(250);
    /// Block of a user, or its removal. Each reads two inboxes.
    Block "block": 10 at once, one more per Duration::from_secs(6);
    /// End of sessions, or an attempt to change the profile or the settings.
    Account "account": 30 at once, one more per Duration::from_secs(2);
    /// Attempt to give the current password, to change it, a second factor or the e-mail address.
    CurrentPassword "current_password": 10 at once, one more per Duration::from_secs(30);
    /// Change of the name or the handle.
    Rename "rename": 10 at once, one more per Duration::from_secs(600);
    /// Download of all of the user's data.
    Export "export": 3 at once, one more per Duration::from_secs(1_200);
    Report "report": 10 at once, one more per Duration::from_secs(60);
    WatchPresence "watch_presence": 30 at once, one more per Duration::from_secs(2);
}

/// Subject of a rate limit: the client address and the account at the account forms, the user and the network
/// otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Client address of signed-out callers.
    Address(IpAddr),
    /// E-mail address in the request, in lower case.
    Account(String),
    User(user::Id),
    /// Client address of all who use the site from there.
    Network(IpAddr),
}

/// User and client address of a request, each with a budget of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spender {
    pub user: Option<user::Id>,
    pub address: Option<IpAddr>,
}

impl Spender {
    /// Returns the callers to count, the user first: a user whose own budget is exhausted takes nothing from the others
    /// behind the same address.
    pub(super) fn callers(self) -> impl Iterator<Item = Caller> {
        self.user.map(Caller::User).into_iter().chain(self.address.map(Caller::Network))
    }
}

/// Number of client addresses that it takes to exhaust the quota of one account. With 1, any single client could lock
/// an owner out.
const ADDRESSES_PER_ACCOUNT: u32 = 5;

/// Number of users who may use up their budgets behind one client address. In a school or a company hundreds share one,
/// of whom few are that busy at the same time.
const USERS_PER_NETWORK: u32 = 20;

/// Returns the quota of a caller for an action.
pub(super) fn quota(action: Action, caller: &Caller) -> Quota {
    match caller {
        Caller::Account(_) => action.quota().times(ADDRESSES_PER_ACCOUNT),
        Caller::Network(_) => action.quota().times(USERS_PER_NETWORK),
        Caller::Address(_) | Caller::User(_) => action.quota(),
    }
}

/// Returns the key under which PostgreSQL stores the quota.
pub(super) fn key(action: Action, caller: &Caller) -> shared_limits::Key {
    // The debug form names the variant, so two callers never share a key.
    let name = format!("{action:?} {caller:?}");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn an_account_has_several_times_the_quota_of_an_address() {
        let address = quota(Action::SignIn, &Caller::Address(ADDRESS));
        let account = quota(Action::SignIn, &Caller::Account("ana@example.com".to_owned()));
        assert!(account.burst > 2 * address.burst && account.refill < address.refill / 2, "{account:?}, {address:?}");
        assert_eq!(account.full(), address.full());
    }

    #[test]
    fn many_users_behind_one_address_can_use_up_their_budgets() {
        for action in Action::ALL {
            let user = quota(action, &Caller::User(user::Id(Uuid::nil())));
            let network = quota(action, &Caller::Network(ADDRESS));
            assert!(network.burst >= 10 * user.burst && network.refill <= user.refill / 10, "{action:?}");
        }
    }

    #[test]
    fn every_action_has_a_quota_of_its_own() {
        let callers = [Caller::Address(ADDRESS), Caller::Network(ADDRESS), Caller::User(user::Id(Uuid::nil()))];
        let keys = Action::ALL.iter().flat_map(|action| callers.iter().map(|caller| key(*action, caller)));
        assert_eq!(keys.collect::<BTreeSet<_>>().len(), Action::ALL.len() * callers.len());
        let names: BTreeSet<_> = Action::ALL.map(Action::as_str).into();
        assert_eq!(names.len(), Action::ALL.len());
    }
}
