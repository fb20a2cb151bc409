//! Rate limits. Guessing and searching is counted in PostgreSQL, over all servers. What a user does in open conversations
//! is counted by each process on its own, without a query: `n` servers allow `n` times as much.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::metrics::Metrics;
use crate::server::store::Store;
use crate::server::store::postgres::shared_limits::SharedQuota;

/// Defines the actions, and for each its name in the metrics, the attempts that a caller may make at once, and the time after which there is one
/// more. The table is the only place to change for a new action.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $name:literal: $burst:literal at once, one more per $refill:expr;)*) => {
        /// Rate-limited action. Each has its own quota.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            const ALL: [Self; [$(Self::$action),*].len()] = [$(Self::$action),*];

            /// Returns the name in the metrics.
            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            fn quota(self) -> (u32, Duration) {
                match self {
                    $(Self::$action => ($burst, $refill),)*
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
    Send "send": 30 at once, one more per Duration::from_millis(500);
    /// First message to a user with whom there is no conversation yet. All at once are enough for a class of thirty on its
    /// first day, and the others make thirty more a day.
    NewConversation "new_conversation": 30 at once, one more per Duration::from_secs(2_880);
    /// Edit, deletion or reaction.
    Change "change": 30 at once, one more per Duration::from_millis(500);
    /// A page reports typing at least once per message, however short, so the quota equals that of `Send`.
    Typing "typing": 30 at once, one more per Duration::from_millis(500);
    /// Update of a read or delivery position, or an unread mark.
    Mark "mark": 100 at once, one more per Duration::from_millis(250);
    /// Block of a user, or its removal. Each reads two inboxes.
    Block "block": 10 at once, one more per Duration::from_secs(6);
    /// End of sessions, or an attempt to change the profile.
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

/// Subject of a rate limit: the client address and the account for signed-out callers, the user otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    Address(IpAddr),
    /// E-mail address in the request, in lower case.
    Account(String),
    User(user::Id),
}

/// Number of client addresses that it takes to exhaust the quota of one account. With 1, any single client could lock
/// an owner out.
const ADDRESSES_PER_ACCOUNT: u32 = 5;

/// Number of attempts at account forms from one address that run at the same time on one server; others wait. Attempts
/// count as failures until they have succeeded, so more at once would deny a class that signs in together.
const TURNS: usize = 3;

/// Part of an attempt that a success gives back.
const REFUND: f64 = 0.9;

/// Counters of all actions. Their memory grows with the number of callers; [`RateLimits::drop_idle`] frees idle ones.
pub struct RateLimits {
    /// By action, in the order of [`Action::ALL`].
    counters: [Counters; Action::ALL.len()],
    clock: DefaultClock,
    turns: Mutex<HashMap<Caller, Arc<Semaphore>>>,
    denied: Family<ActionLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    action: &'static str,
}

/// Counters of one action.
struct Counters {
    /// Per address or user.
    callers: DefaultKeyedRateLimiter<Caller>,
    /// Per account, over all addresses.
    accounts: DefaultKeyedRateLimiter<Caller>,
}

impl Counters {
    /// Allows a caller `burst` attempts at once, then one per `refill`. An account gets [`ADDRESSES_PER_ACCOUNT`] times
    /// that.
    fn new(burst: u32, refill: Duration) -> Self {
        let accounts = limiter(burst * ADDRESSES_PER_ACCOUNT, refill / ADDRESSES_PER_ACCOUNT);
        Self { callers: limiter(burst, refill), accounts }
    }

    fn of(&self, caller: &Caller) -> &DefaultKeyedRateLimiter<Caller> {
        match caller {
            Caller::Account(_) => &self.accounts,
            Caller::Address(_) | Caller::User(_) => &self.callers,
        }
    }
}

/// Creates a limiter that allows `burst` attempts at once, then one per `refill`.
fn limiter(burst: u32, refill: Duration) -> DefaultKeyedRateLimiter<Caller> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(refill).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
    RateLimiter::keyed(quota)
}

impl Default for RateLimits {
    fn default() -> Self {
        let counters = |action: Action| {
            let (burst, refill) = action.quota();
            Counters::new(burst, refill)
        };
        Self {
            counters: Action::ALL.map(counters),
            clock: DefaultClock::default(),
            turns: Mutex::default(),
            denied: Family::default(),
        }
    }
}

impl RateLimits {
    /// Counts an attempt. Returns [`AppError::RateLimited`] with the time to wait if the quota is exhausted.
    pub fn check(&self, action: Action, caller: Caller) -> Result<(), AppError> {
        let counters = &self.counters[action as usize];
        counters.of(&caller).check_key(&caller).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            self.denial(action, wait)
        })
    }

    /// Adds the denied attempts to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        metrics.register("rate_limited", "Attempts denied by a rate limit, by action", self.denied.clone());
    }

    fn denial(&self, action: Action, wait: Duration) -> AppError {
        self.denied.get_or_create(&ActionLabels { action: action.as_str() }).inc();
        AppError::RateLimited { retry_after_secs: wait.as_secs() + 1 }
    }

    /// Counts an attempt over all servers, like [`RateLimits::check`]. While PostgreSQL is unavailable, this server counts
    /// on its own.
    pub async fn check_shared(&self, store: &Store, action: Action, caller: &Caller) -> Result<(), AppError> {
        match store.limits.take(shared_quota(action, caller)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(wait)) => Err(self.denial(action, wait)),
            Err(failure) => {
                failure.into_public();
                self.check(action, caller.clone())
            }
        }
    }

    /// Gives most of a counted attempt back, because it has succeeded. An account gets nothing back but for a sign-in:
    /// no owner needs many codes or sign-ups. A conversation that was not created is given back whole.
    pub async fn refund(&self, store: &Store, action: Action, caller: &Caller) {
        let part = match (action, caller) {
            (Action::SignIn | Action::SignInStep, _) | (Action::SignUp | Action::Code, Caller::Address(_)) => REFUND,
            (Action::NewConversation, _) => 1.0,
            _ => return,
        };
        // A failure is only logged: the quota refills by itself.
        store.limits.refund(shared_quota(action, caller), part).await.map_err(Failure::into_public).ok();
    }

    /// Waits until few attempts of this caller are running on this server.
    pub async fn turn(&self, caller: &Caller) -> OwnedSemaphorePermit {
        let turns = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(caller.clone()).or_insert_with(|| Arc::new(Semaphore::new(TURNS))).clone()
        };
        turns.acquire_owned().await.expect("the semaphore is never closed")
    }

    /// Drops the callers whose quota is full again. Call it periodically.
    pub fn drop_idle(&self) {
        let is_in_use = |turns: &Arc<Semaphore>| Arc::strong_count(turns) > 1;
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, turns| is_in_use(turns));
        for limiter in self.counters.iter().flat_map(|counters| [&counters.callers, &counters.accounts]) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

fn shared_quota(action: Action, caller: &Caller) -> SharedQuota {
    let (burst, refill) = action.quota();
    let (burst, refill) = match caller {
        Caller::Account(_) => (burst * ADDRESSES_PER_ACCOUNT, refill / ADDRESSES_PER_ACCOUNT),
        Caller::Address(_) | Caller::User(_) => (burst, refill),
    };
    // The debug form names the variant, so two callers never share a key.
    let name = format!("{action:?} {caller:?}");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    SharedQuota { key: hash.as_ref().try_into().expect("SHA-256 has 32 bytes"), refill, burst }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// Number of 100 simultaneous attempts that are allowed.
    fn allowed(limits: &RateLimits, caller: &Caller) -> usize {
        (0..100).filter(|_| limits.check(Action::SignIn, caller.clone()).is_ok()).count()
    }

    #[test]
    fn an_account_has_several_times_the_quota_of_an_address() {
        let limits = RateLimits::default();
        let address = allowed(&limits, &Caller::Address(Ipv4Addr::LOCALHOST.into()));
        let account = allowed(&limits, &Caller::Account("ana@example.com".to_owned()));
        assert!((10..20).contains(&address), "{address}");
        assert!(account > 2 * address, "{account} of an account, {address} from an address");
    }

    #[test]
    fn every_action_has_a_quota_of_its_own() {
        let limits = RateLimits::default();
        let caller = Caller::Address(Ipv4Addr::LOCALHOST.into());
        for action in Action::ALL {
            let (burst, _) = action.quota();
            let allowed = (0..burst).filter(|_| limits.check(action, caller.clone()).is_ok()).count();
            assert_eq!(allowed, burst as usize, "{action:?} after the actions before it");
        }
    }
}
