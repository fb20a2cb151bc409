//! Session layer: determines the signed-in user of a request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Span;

use crate::domain::page_user;
use crate::server::audit::Origin;
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::client_place::place;
use crate::server::http::origin::origin;
use crate::server::http::session::cookie::{self, Presented};
use crate::server::http::session::refresh::{SessionStatus, refresh};
use crate::server::http::session::{CurrentUser, OtherUsersPage, Resolved};
use crate::server::state::AppState;
use crate::server::store::postgres::sessions::Id;

/// Puts [`Resolved`] into the request. Costs one query if there is a cookie and its session has not been read a moment
/// ago, none otherwise. Removes the cookie of an ended session from the browser.
pub async fn resolve(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let mut visited = None;
    let origin = origin(request.extensions(), request.headers());
    let resolved = match cookie::presented(request.headers()) {
        Presented::None | Presented::Invalid => Ok(None),
        Presented::Session(id) => find(&state, id, origin).await.map_err(Failure::into_public).map(|found| {
            let (user, seen_long_ago) = found?;
            user.record(request.extensions());
            visited = seen_long_ago.then_some(id);
            Some(user)
        }),
    };
    // The functions of a page run in tasks of their own, which do not know the request of their log lines.
    request.extensions_mut().insert(Span::current());
    let is_stale = matches!(resolved, Ok(None)) && cookie::presented(request.headers()) != Presented::None;
    let page_user = request.headers().get(page_user::HEADER).cloned();
    request.extensions_mut().insert(Resolved(resolved));
    if let Some(page_user) = page_user {
        OtherUsersPage::mark(request.extensions_mut(), page_user.to_str().unwrap_or_default());
    }
    if let Some(id) = visited {
        record_visit(&state, id, &request);
    }
    let mut response = next.run(request).await;
    // A handler that signs a user in or out has already set or removed the cookie.
    if is_stale && !sets_session(response.headers()) {
        response.headers_mut().append(header::SET_COOKIE, cookie::expire_cookie());
    }
    response
}

/// Returns the user of a session, and true if the last recorded visit is some minutes ago.
async fn find(state: &AppState, id: Id, origin: Origin) -> Result<Option<(CurrentUser, bool)>, Failure> {
    let Some(session) = state.store.sessions.find(id).await? else { return Ok(None) };
    if refresh(&state.store, &state.cognito, id, session.access).await? == SessionStatus::Expired {
        return Ok(None);
    }
    Ok(Some((CurrentUser { user: session.user, session: Some(id), origin }, session.seen_long_ago)))
}

/// Records a visit in the background: no answer waits for it.
fn record_visit(state: &AppState, id: Id, request: &Request) {
    let sessions = state.store.sessions.clone();
    let (address, place) = (ClientAddress::of(request.extensions()), place(request.headers(), &state.config));
    tokio::spawn(async move {
        // A failure is only logged: the user is signed in whether or not the time of the last request is saved.
        sessions.record_visit(id, address, place.as_deref()).await.map_err(Failure::into_public).ok();
    });
}

fn sets_session(headers: &HeaderMap) -> bool {
    let prefix = format!("{}=", cookie::NAME);
    headers.get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(prefix.as_bytes()))
}
