//! Outcome of an account form.

use axum::http::{HeaderMap, header};

use crate::domain::destination::Destination;
use crate::server::accounts::next;
use crate::server::http::session::cookie;

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

    /// Marks the destination of a sign-in, so that the next request shows whether the browser has kept the cookie.
    pub fn marked_as_signed_in(mut self) -> Self {
        if self.starts_session() {
            self.destination = Destination(next::marked_as_signed_in(&self.destination.0));
        }
        self
    }

    /// Returns true if the outcome signs the user in.
    pub(super) fn starts_session(&self) -> bool {
        self.headers.get_all(header::SET_COOKIE).iter().any(cookie::is_session)
    }

    /// A redirect with query parameters for the next page: an e-mail address to fill in, a notice to show, or the
    /// destination after sign-in. Empty values are left out.
    pub(super) fn redirect_with(path: &str, query: &[(&str, &str)]) -> Self {
        let query: Vec<_> = query.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        Self::redirect(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
    }
}
