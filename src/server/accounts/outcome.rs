//! Outcome of an account form, and the rate limits of these forms.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::server::http::rate_limits::{Action, Caller, ClientAddress};
use crate::server::state::AppState;

/// Successful outcome of an account form: the page to show next, and response headers such as the session cookie.
#[derive(Debug)]
pub struct AccountOutcome {
    /// A path of this site.
    pub destination: Destination,
    /// Headers to add to the response.
    pub headers: HeaderMap,
}

impl AccountOutcome {
    /// A redirect without headers.
    pub(super) fn redirect(path: impl Into<String>) -> Self {
        Self { destination: Destination(path.into()), headers: HeaderMap::new() }
    }

    /// A redirect with query parameters for the next page: an e-mail address to fill in, a notice to show, or the
    /// destination after sign-in. Empty values are left out.
    pub(super) fn redirect_with(path: &str, query: &[(&str, &str)]) -> Self {
        let query: Vec<_> = query.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        Self::redirect(format!("{path}?{query}"))
    }
}

/// Counts an attempt against the limits of the client address and of the account: many accounts from one address are as
/// suspicious as one account from many addresses. The address is checked first, so that a request denied there does not
/// use up the quota of the account's owner.
pub(super) fn count_attempt(state: &AppState, parts: &Parts, action: Action, email: &str) -> Result<(), AppError> {
    let address =
        parts.extensions.get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0);
    state.rate_limits.check(action, Caller::Address(address))?;
    state.rate_limits.check(action, Caller::Account(email.to_owned()))
}
