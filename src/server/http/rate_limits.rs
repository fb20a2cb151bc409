//! Who may try how often. Per process: several servers allow as many times more.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::domain::error::AppError;
use crate::domain::user;

/// The address that a request came from, put into its extensions by `layers::client_address`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// What is counted, each on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Signing in.
    SignIn,
    /// Making an account.
    SignUp,
    /// Asking for a code, or trying one.
    Code,
    /// Looking for people.
    Search,
    /// Sending a message.
    Send,
    /// Saying that one is writing.
    Typing,
    /// Saying what has arrived or been read.
    Mark,
    /// Asking who is there.
    Look,
}

/// Who is counted: an address and an account for those who are not signed in, a person otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The address that a request came from.
    Address(IpAddr),
    /// The e-mail address that somebody tries, lower case.
    Account(String),
    /// Who is signed in.
    User(user::Id),
}

/// How many addresses it takes to use up what is allowed for one account. Were it one, anybody could keep an owner out.
const ADDRESSES_PER_ACCOUNT: u32 = 5;

/// The counters. Memory grows with the number of callers; [`Limits::forget`] drops those that have calmed down.
pub struct Limits {
    sign_in: Counters,
    sign_up: Counters,
    code: Counters,
    search: Counters,
    send: Counters,
    typing: Counters,
    mark: Counters,
    look: Counters,
    clock: DefaultClock,
}

/// What counts one action.
struct Counters {
    /// By address, or by person.
    callers: DefaultKeyedRateLimiter<Caller>,
    /// By account, whatever addresses it is tried from.
    accounts: DefaultKeyedRateLimiter<Caller>,
}

impl Counters {
    /// For a caller `burst` at once, then one every `refill`; for an account what [`ADDRESSES_PER_ACCOUNT`] callers have.
    fn new(burst: u32, refill: Duration) -> Self {
        let accounts = quota(burst * ADDRESSES_PER_ACCOUNT, refill / ADDRESSES_PER_ACCOUNT);
        Self { callers: quota(burst, refill), accounts }
    }

    fn of(&self, caller: &Caller) -> &DefaultKeyedRateLimiter<Caller> {
        match caller {
            Caller::Account(_) => &self.accounts,
            Caller::Address(_) | Caller::User(_) => &self.callers,
        }
    }
}

/// A quota: `burst` at once, then one every `refill`.
fn quota(burst: u32, refill: Duration) -> DefaultKeyedRateLimiter<Caller> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(refill).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst);
    RateLimiter::keyed(quota)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in: Counters::new(10, Duration::from_secs(6)),
            sign_up: Counters::new(10, Duration::from_secs(60)),
            code: Counters::new(10, Duration::from_secs(30)),
            search: Counters::new(30, Duration::from_millis(500)),
            send: Counters::new(30, Duration::from_millis(500)),
            // Once for each message, however short.
            typing: Counters::new(30, Duration::from_millis(500)),
            mark: Counters::new(100, Duration::from_millis(250)),
            look: Counters::new(30, Duration::from_secs(2)),
            clock: DefaultClock::default(),
        }
    }
}

impl Limits {
    /// Counts one try. Refused with the time to wait when there were too many.
    pub fn check(&self, action: Action, caller: Caller) -> Result<(), AppError> {
        let counters = match action {
            Action::SignIn => &self.sign_in,
            Action::SignUp => &self.sign_up,
            Action::Code => &self.code,
            Action::Search => &self.search,
            Action::Send => &self.send,
            Action::Typing => &self.typing,
            Action::Mark => &self.mark,
            Action::Look => &self.look,
        };
        counters.of(&caller).check_key(&caller).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            AppError::RateLimited { retry_after_secs: wait.as_secs() + 1 }
        })
    }

    /// Drops the callers whose counts are back at zero. To be called now and then.
    pub fn forget(&self) {
        let of_visitors = [&self.sign_in, &self.sign_up, &self.code];
        let of_people = [&self.search, &self.send, &self.typing, &self.mark, &self.look];
        let all = of_visitors.into_iter().chain(of_people);
        for limiter in all.flat_map(|counters| [&counters.callers, &counters.accounts]) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// How many of 100 tries at once are let through.
    fn let_through(limits: &Limits, caller: &Caller) -> usize {
        (0..100).filter(|_| limits.check(Action::SignIn, caller.clone()).is_ok()).count()
    }

    #[test]
    fn an_account_may_be_tried_several_times_as_often_as_an_address_may_try() {
        let limits = Limits::default();
        let address = let_through(&limits, &Caller::Address(Ipv4Addr::LOCALHOST.into()));
        let account = let_through(&limits, &Caller::Account("ana@example.com".to_owned()));
        assert!((10..20).contains(&address), "{address}");
        assert!(account > 2 * address, "{account} of an account, {address} from an address");
    }
}
