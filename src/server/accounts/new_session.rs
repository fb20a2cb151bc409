//! Start of the session of a user who has signed in.

use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::server::accounts::recorded::record;
use crate::server::accounts::{AccountOutcome, deletion, input, next, refusals};
use crate::server::audit::{Event, Outcome};
use crate::server::cognito::Authenticated;
use crate::server::cognito::token::IdClaims;
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::client_place::place;
use crate::server::http::session::cookie::{self, Presented, Secret};
use crate::server::state::AppState;
use crate::server::store::postgres::new_user::{NewUser, SignedInUser};
use crate::server::store::postgres::sessions::NewSession;
use crate::server::store::postgres::user_access::Standing;

/// Starts a session, and redirects to `next`. The first sign-in creates the user's row. If the user got another handle
/// than the requested one, `?handle_changed=true` makes the next page show a notice; and so does `?restored=true`, if
/// the account was to be deleted.
pub(super) async fn start_session(
    state: &AppState,
    parts: &Parts,
    authenticated: Authenticated,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let Authenticated { claims, access_ends_at, refresh_token, .. } = authenticated;
    let refresh_token = refresh_token.ok_or_else(|| anyhow::anyhow!("a sign-in without a refresh token"))?;
    let signed_in = state.store.users.find_or_create(&new_user(claims)).await;
    let SignedInUser { user, handle_changed } = signed_in.map_err(|failure| match failure {
        // The pool has accepted the password just before the account was deleted.
        Failure::Public(AppError::Unauthenticated) => refusals::sign_in_refused().into(),
        failure => failure,
    })?;
    let standing = state.store.users.standing(user.id).await?;
    match standing {
        Some(Standing::Regular) => {}
        Some(Standing::Suspended) => {
            state.cognito.revoke(vec![refresh_token]);
            record(state, parts, (Event::SignIn, Outcome::Refused), Some(user.id));
            return Err(refusals::account_suspended().into());
        }
        Some(Standing::Leaving) => deletion::withdraw(state, parts, user.id).await?,
        None => return Err(refusals::sign_in_refused().into()),
    }
    end_previous_session(state, parts).await?;
    let (user_agent, address) = (user_agent(parts), ClientAddress::of(&parts.extensions));
    let place = place(&parts.headers, &state.config);
    let new = NewSession { user: user.id, refresh_token, access_ends_at, user_agent, address, place };
    let secret = create_session(state, new).await?;
    record(state, parts, (Event::SignIn, Outcome::Done), Some(user.id));
    let mut outcome = match (standing, handle_changed) {
        (Some(Standing::Leaving), _) => AccountOutcome::redirect(next::destination_with(next, "restored=true")),
        (_, true) => AccountOutcome::redirect(next::destination_with(next, "handle_changed=true")),
        (_, false) => AccountOutcome::redirect(next::destination(next)),
    };
    outcome.headers.append(header::SET_COOKIE, secret.set_cookie());
    Ok(outcome)
}

/// Stores the session under a new secret. Each sign-in gets a new one against session fixation: a secret that an
/// attacker planted in the browser never becomes a session.
async fn create_session(state: &AppState, session: NewSession) -> Result<Secret, Failure> {
    let secret = Secret::new();
    state.store.sessions.create(secret.id(), &session).await?;
    Ok(secret)
}

/// Ends the browser's previous session. The new cookie replaces its secret, so the user could no longer sign it out.
async fn end_previous_session(state: &AppState, parts: &Parts) -> Result<(), Failure> {
    if let Presented::Session(previous) = cookie::presented(&parts.headers) {
        let token: Option<SecretString> = state.store.sessions.delete(previous).await?;
        state.cognito.revoke(token.into_iter().collect());
    }
    Ok(())
}

fn new_user(claims: IdClaims) -> NewUser {
    NewUser {
        sub: claims.sub,
        // In the form of the site's own forms. The pool has proved that the mailbox exists, in any form.
        email: input::email(&claims.email).unwrap_or_else(|_| claims.email.trim().to_lowercase()),
        email_verified: claims.email_verified,
        name: claims.name,
        handle: claims.preferred_username,
    }
}

/// Returns the `User-Agent` header without control characters.
fn user_agent(parts: &Parts) -> String {
    let text = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).collect()
}
