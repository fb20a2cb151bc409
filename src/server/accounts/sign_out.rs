//! Signing out.

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};

use crate::server::accounts::Answer;
use crate::server::failure::Failure;
use crate::server::http::session::CurrentUser;
use crate::server::http::session::cookie::{self, Presented};
use crate::server::state::AppState;

/// Tells the browser to forget what it kept of our pages.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Ends the session of this browser, on every server at once: the row is gone before anybody is told. Nobody signed in is
/// no error. While PostgreSQL is away this is unavailable, rather than a sign-out that did not happen.
pub async fn sign_out(state: &AppState, parts: &Parts) -> Result<Answer, Failure> {
    // By the cookie, not by the person: who cannot be told apart right now can still sign out.
    if let Presented::Session(id) = cookie::presented(&parts.headers) {
        let token = state.store.sessions.delete(id).await?;
        state.cognito.revoke(token.into_iter().collect());
    }
    Ok(signed_out())
}

/// Ends every session of the person, on every device, and withdraws all their tokens.
pub async fn sign_out_everywhere(state: &AppState, parts: &Parts) -> Result<Answer, Failure> {
    let me = CurrentUser::of(parts)?;
    let mut tokens = state.store.sessions.delete_of_user(me.user.id).await?;
    // Any one of them can speak for the person, and with it go the others.
    if let Some(token) = tokens.pop() {
        state.cognito.sign_out_everywhere(token);
    }
    Ok(signed_out())
}

fn signed_out() -> Answer {
    let mut answer = Answer::to("/signin");
    answer.headers.append(header::SET_COOKIE, cookie::expire_cookie());
    answer.headers.append(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\", \"storage\""));
    answer
}
