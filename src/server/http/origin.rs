//! Origin of a request, for the audit log, and the record of requests that a rate limit denies.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::user;
use crate::server::audit::Origin;
use crate::server::http::client_address::ClientAddress;
use crate::server::state::AppState;

/// Header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Signed-in user of a request, once it is known, in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct RequestUser(Arc<OnceLock<user::Id>>);

impl RequestUser {
    /// Sets the user of the request with these extensions.
    pub fn set(extensions: &Extensions, user: user::Id) {
        if let Some(Self(cell)) = extensions.get::<Self>() {
            // Only the first one counts: a request has one user.
            let _ = cell.set(user);
        }
    }
}

/// Returns the origin of the request with this head.
pub fn origin(extensions: &Extensions, headers: &HeaderMap) -> Origin {
    Origin {
        address: ClientAddress::of(extensions),
        request_id: headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(Arc::from),
        route: extensions.get::<MatchedPath>().map(|path| Arc::from(path.as_str())),
    }
}

/// Records requests that a rate limit denies. No other answer has the status 429.
pub async fn record_limits(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let user = RequestUser::default();
    request.extensions_mut().insert(user.clone());
    let origin = origin(request.extensions(), request.headers());
    let response = next.run(request).await;
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        state.audit.record_limit(user.0.get().copied(), origin);
    }
    response
}
