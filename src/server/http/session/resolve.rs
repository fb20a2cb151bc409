//! Session layer: determines the signed-in user of a request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::server::failure::Failure;
use crate::server::http::session::cookie::{self, Presented};
use crate::server::http::session::refresh::{SessionStatus, refresh};
use crate::server::http::session::{CurrentUser, Resolved};
use crate::server::state::AppState;
use crate::server::store::postgres::sessions::Id;

/// Puts [`Resolved`] into the request. Costs one query if there is a cookie, none otherwise. Removes the cookie of an
/// ended session from the browser.
pub async fn resolve(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let resolved = match cookie::presented(request.headers()) {
        Presented::None | Presented::Invalid => Ok(None),
        Presented::Session(id) => find(&state, id).await.map_err(Failure::into_public),
    };
    let is_stale = matches!(resolved, Ok(None)) && cookie::presented(request.headers()) != Presented::None;
    request.extensions_mut().insert(Resolved(resolved));
    let mut response = next.run(request).await;
    // A handler that signs a user in or out has already set or removed the cookie.
    if is_stale && !sets_session(response.headers()) {
        response.headers_mut().append(header::SET_COOKIE, cookie::expire_cookie());
    }
    response
}

async fn find(state: &AppState, id: Id) -> Result<Option<CurrentUser>, Failure> {
    let sessions = &state.store.sessions;
    let Some(session) = sessions.find(id).await? else { return Ok(None) };
    if refresh(&state.store, &state.cognito, id, session.access).await? == SessionStatus::Expired {
        return Ok(None);
    }
    if session.seen_long_ago {
        // A failure is only logged: the user is signed in whether or not the time of the last request is saved.
        sessions.record_visit(id).await.map_err(Failure::into_public).ok();
    }
    Ok(Some(CurrentUser { user: session.user, session: Some(id) }))
}

fn sets_session(headers: &HeaderMap) -> bool {
    let prefix = format!("{}=", cookie::NAME);
    headers.get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(prefix.as_bytes()))
}
