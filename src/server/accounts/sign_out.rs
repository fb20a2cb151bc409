//! Signing out.

use axum::http::header;
use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::accounts::AccountOutcome;
use crate::server::accounts::recorded::record;
use crate::server::audit::{Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::session::cookie::{self, Presented};
use crate::server::http::session::{CurrentUser, OtherUsersPage};
use crate::server::state::AppState;

/// Ends the browser's session, unless it belongs to another user than `of`, if given: another user may have signed in
/// since the page was loaded, and did not ask to be signed out. The row is deleted before the response is sent, so no
/// server accepts the session any more. Without a session this succeeds. If PostgreSQL is unavailable it fails: a
/// response that claims a sign-out must not leave the session active.
pub async fn sign_out(state: &AppState, parts: &Parts, of: Option<user::Id>) -> Result<AccountOutcome, Failure> {
    check_user(parts, of)?;
    // Uses the cookie and not the user, who cannot be resolved while the user pool is unavailable: signing out must
    // still work then.
    if let Presented::Session(id) = cookie::presented(&parts.headers) {
        let token = state.store.sessions.delete(id).await?;
        let user = CurrentUser::of(parts).ok().map(|me| me.user.id);
        // Any caller can send a cookie of no session.
        if token.is_some() || user.is_some() {
            record(state, parts, (Event::SignOut, Outcome::Done), user);
        }
        state.cognito.revoke(token.into_iter().collect());
    }
    Ok(signed_out())
}

/// Ends all sessions of the user, on every device, unless the user is another one than `of`, if given, and revokes all
/// of the user's tokens.
pub async fn sign_out_everywhere(
    state: &AppState,
    parts: &Parts,
    of: Option<user::Id>,
) -> Result<AccountOutcome, Failure> {
    check_user(parts, of)?;
    let me = CurrentUser::of(parts)?;
    state.store.users.end_tokens(me.user.id).await?;
    let mut tokens = state.store.sessions.delete_of_user(me.user.id).await?;
    record(state, parts, (Event::SignOutEverywhere, Outcome::Done), Some(me.user.id));
    // One token is enough: the pool then revokes all tokens of its user.
    if let Some(token) = tokens.pop() {
        state.cognito.sign_out_everywhere(token).await;
    }
    Ok(signed_out())
}

/// Fails if the session is known to belong to another user.
fn check_user(parts: &Parts, of: Option<user::Id>) -> Result<(), AppError> {
    if OtherUsersPage::is_in(&parts.extensions) {
        return Err(AppError::Forbidden);
    }
    match (CurrentUser::of(parts), of) {
        (Ok(me), Some(of)) if me.user.id != of => Err(AppError::Forbidden),
        _ => Ok(()),
    }
}

/// Leads to the sign-in, and removes the cookie from the browser.
pub(super) fn signed_out() -> AccountOutcome {
    let mut outcome = AccountOutcome::redirect("/signin");
    outcome.headers.append(header::SET_COOKIE, cookie::expire_cookie());
    // No `Clear-Site-Data`: "storage" would delete what other users of this browser have written, too, and "cache"
    // takes seconds. The page removes what belongs to the user (`ui/state/sign_out.rs`), and no cache keeps our pages.
    outcome
}
