//! Answers of the account pages, and the limits of their tries.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::server::http::rate_limits::{Action, Caller, ClientAddress};
use crate::server::state::AppState;

/// Where to go, and what the browser is told besides: its cookie.
#[derive(Debug)]
pub struct Answer {
    /// A path of ours.
    pub destination: Destination,
    /// Headers to add to the response.
    pub headers: HeaderMap,
}

impl Answer {
    /// Only a way to go.
    pub(super) fn to(path: impl Into<String>) -> Self {
        Self { destination: Destination(path.into()), headers: HeaderMap::new() }
    }

    /// A way to go, to a page that is to know something: the e-mail address that it fills in, what has just been done,
    /// where one is going after all. What is empty is left out.
    pub(super) fn to_with(path: &str, query: &[(&str, &str)]) -> Self {
        let query: Vec<_> = query.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        Self::to(format!("{path}?{query}"))
    }
}

/// Counts a try, by address and by account: many accounts from one place are as odd as one account from many. By address
/// first, so that what is refused there takes nothing of what the owner may try.
pub(super) fn count(state: &AppState, parts: &Parts, action: Action, email: &str) -> Result<(), AppError> {
    let address =
        parts.extensions.get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0);
    state.limits.check(action, Caller::Address(address))?;
    state.limits.check(action, Caller::Account(email.to_owned()))
}
