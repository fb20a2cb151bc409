//! Who may try how often. Per process: several servers allow as many times more.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::AppError;
use crate::user;

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

/// The counters. Memory grows with the number of callers; [`Limits::forget`] drops those that have calmed down.
pub struct Limits {
    sign_in: DefaultKeyedRateLimiter<Caller>,
    sign_up: DefaultKeyedRateLimiter<Caller>,
    code: DefaultKeyedRateLimiter<Caller>,
    search: DefaultKeyedRateLimiter<Caller>,
    send: DefaultKeyedRateLimiter<Caller>,
    typing: DefaultKeyedRateLimiter<Caller>,
    mark: DefaultKeyedRateLimiter<Caller>,
    clock: DefaultClock,
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
            sign_in: quota(10, Duration::from_secs(6)),
            sign_up: quota(10, Duration::from_secs(60)),
            code: quota(10, Duration::from_secs(30)),
            search: quota(30, Duration::from_millis(500)),
            send: quota(30, Duration::from_millis(500)),
            typing: quota(10, Duration::from_secs(1)),
            mark: quota(100, Duration::from_millis(250)),
            clock: DefaultClock::default(),
        }
    }
}

impl Limits {
    /// Counts one try. Refused with the time to wait when there were too many.
    pub fn check(&self, action: Action, caller: Caller) -> Result<(), AppError> {
        let limiter = match action {
            Action::SignIn => &self.sign_in,
            Action::SignUp => &self.sign_up,
            Action::Code => &self.code,
            Action::Search => &self.search,
            Action::Send => &self.send,
            Action::Typing => &self.typing,
            Action::Mark => &self.mark,
        };
        limiter.check_key(&caller).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            AppError::RateLimited { retry_after_secs: wait.as_secs() + 1 }
        })
    }

    /// Drops the callers whose counts are back at zero. To be called now and then.
    pub fn forget(&self) {
        let all = [&self.sign_in, &self.sign_up, &self.code, &self.search, &self.send, &self.typing, &self.mark];
        for limiter in all {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}
