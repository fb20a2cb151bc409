//! Counting of the attempts at an account form.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::request::Parts;
use futures::future::BoxFuture;

use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::state::AppState;

/// Attempt at an account form: what is attempted, and with which e-mail address.
pub(super) struct Attempt<'a> {
    pub(super) action: Action,
    pub(super) email: &'a str,
}

impl Attempt<'_> {
    /// Runs `work` if the quotas of the client address and of the account allow it: many accounts from one address are
    /// as suspicious as one account from many addresses. The address is checked first, so that a request denied there
    /// does not use up the quota of the account's owner.
    ///
    /// A failed attempt counts ten times as much as a successful one, because a whole class may sign in behind one
    /// address. Each attempt is counted as a failure before it begins, so that many at once get no more guesses than
    /// one after the other.
    ///
    /// `work` is boxed: async functions keep a future that they were given twice, and those of the SDK are large.
    pub(super) async fn run<T>(
        &self,
        state: &AppState,
        parts: &Parts,
        work: BoxFuture<'_, Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let address = ClientAddress::of(&parts.extensions).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let (address, account) = (Caller::Address(address), Caller::Account(self.email.to_owned()));
        let limits = &state.rate_limits;
        let _turn = limits.turn(&address).await;
        limits.check_shared(&state.store, self.action, &address).await?;
        limits.check_shared(&state.store, self.action, &account).await?;
        let result = work.await;
        if is_no_failed_guess(&result) {
            limits.refund(&state.store, self.action, &address).await;
            limits.refund(&state.store, self.action, &account).await;
        }
        result
    }
}

/// Returns true if the user did not guess wrong: the attempt succeeded, or could not be judged.
fn is_no_failed_guess<T>(result: &Result<T, Failure>) -> bool {
    match result {
        Ok(_) | Err(Failure::Unavailable(_) | Failure::Unexpected(_)) => true,
        Err(Failure::Public(_)) => false,
    }
}
