//! Signing out.

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};

use crate::server::accounts::AccountOutcome;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::http::session::cookie::{self, Presented};
use crate::server::state::AppState;

/// Makes the browser delete its cached copies of our pages and its local storage.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Ends the browser's session. The row is deleted before the response is sent, so no server accepts the session any
/// more. Without a session this succeeds. If PostgreSQL is unavailable it fails: a response that claims a sign-out must
/// not leave the session active.
pub async fn sign_out(state: &AppState, parts: &Parts) -> Result<AccountOutcome, Failure> {
    // Uses the cookie and not the user, who cannot be resolved while the user pool is unavailable: signing out must
    // still work then.
    if let Presented::Session(id) = cookie::presented(&parts.headers) {
        let token = state.store.sessions.delete(id).await?;
        state.cognito.revoke(token.into_iter().collect());
    }
    Ok(signed_out())
}

/// Ends all sessions of the user, on every device, and revokes all of the user's tokens.
pub async fn sign_out_everywhere(state: &AppState, parts: &Parts) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    state.store.users.end_tokens(me.user.id).await?;
    let mut tokens = state.store.sessions.delete_of_user(me.user.id).await?;
    // One token is enough: the pool then revokes all tokens of its user.
    if let Some(token) = tokens.pop() {
        state.cognito.sign_out_everywhere(token).await;
    }
    Ok(signed_out())
}

fn signed_out() -> AccountOutcome {
    let mut outcome = AccountOutcome::redirect("/signin");
    outcome.headers.append(header::SET_COOKIE, cookie::expire_cookie());
    outcome.headers.append(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    outcome
}
