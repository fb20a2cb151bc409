//! Signing in.

use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;

use crate::server::accounts::attempt::Attempt;
use crate::server::accounts::min_duration::errors_with_min_duration;
use crate::server::accounts::{AccountOutcome, input, next, refusals};
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::cognito::token::IdClaims;
use crate::server::cognito::{Authenticated, SignInOutcome};
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::cookie::{self, Presented, Secret};
use crate::server::state::AppState;
use crate::server::store::postgres::new_user::{NewUser, SignedInUser};
use crate::server::store::postgres::sessions::NewSession;

/// Signs in and redirects to `next`, or else to the conversations. The first sign-in creates the user's row. If
/// the user got another handle than the requested one, `?handle_changed=true` makes the next page show a notice.
pub async fn sign_in(
    state: &AppState,
    parts: &Parts,
    email: &str,
    password: String,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let result = errors_with_min_duration(async {
        let typed = email.trim();
        let mut errors = input::FormErrors::default();
        let email = errors.check("email", input::email(email));
        let password = errors.check("password", input::password(password));
        let (Some(email), Some(password)) = (email, password) else { return Err(errors.into_error().into()) };
        let attempt = Attempt { action: Action::SignIn, email: &email };
        let address = Address { email: &email, typed };
        attempt.run(state, parts, Box::pin(sign_in_as(state, parts, address, password, next))).await
    })
    .await;
    state.metrics.sign_ins.count(&result);
    result
}

/// E-mail address in a sign-in form.
#[derive(Clone, Copy)]
struct Address<'a> {
    /// In lower case, as this site stores it.
    email: &'a str,
    typed: &'a str,
}

async fn sign_in_as(
    state: &AppState,
    parts: &Parts,
    address: Address<'_>,
    password: SecretString,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    match authenticate(state, address, &password).await {
        Ok(SignInOutcome::Authenticated(user)) => start_session(state, parts, *user, next).await,
        Ok(SignInOutcome::Challenge(challenge)) => Err(refusals::unsupported_challenge(&challenge.name).into()),
        // Reveals nothing: the pool reports this only after the correct password.
        Err(error) if error.kind == CognitoErrorKind::PasswordResetRequired => {
            let query = [("email", address.email), ("next", next::to_forward(next))];
            Ok(AccountOutcome::redirect_with("/forgot", &query))
        }
        Err(error) => Err(into_failure(error)),
    }
}

/// Signs in with the address in lower case, and then as it was typed: a case-sensitive pool may hold accounts of other
/// programs with capital letters.
async fn authenticate(
    state: &AppState,
    Address { email, typed }: Address<'_>,
    password: &SecretString,
) -> Result<SignInOutcome, CognitoError> {
    let outcome = Box::pin(state.cognito.sign_in(email, password)).await;
    let is_refused = outcome
        .as_ref()
        .is_err_and(|error| matches!(error.kind, CognitoErrorKind::NotAuthorized | CognitoErrorKind::UserNotFound));
    let may_differ = typed != email && state.cognito.health().case_sensitive() != Some(false);
    if is_refused && may_differ { Box::pin(state.cognito.sign_in(typed, password)).await } else { outcome }
}

/// Maps all rejections to one error. A lock-out and a rate limit of the account are among them, because the pool
/// reports those only for accounts that exist.
fn into_failure(error: CognitoError) -> Failure {
    match error.kind {
        CognitoErrorKind::NotAuthorized
        | CognitoErrorKind::LockedOut
        | CognitoErrorKind::TooManyForAccount
        | CognitoErrorKind::UserNotFound
        | CognitoErrorKind::UserNotConfirmed => refusals::sign_in_refused().into(),
        _ => error.into_failure(),
    }
}

async fn start_session(
    state: &AppState,
    parts: &Parts,
    authenticated: Authenticated,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let Authenticated { claims, access_ends_at, refresh_token, .. } = authenticated;
    let refresh_token = refresh_token.ok_or_else(|| anyhow::anyhow!("a sign-in without a refresh token"))?;
    let SignedInUser { user, handle_changed } = state.store.users.find_or_create(&new_user(claims)).await?;
    end_previous_session(state, parts).await?;
    let (user_agent, address) = (user_agent(parts), ClientAddress::of(&parts.extensions));
    let new = NewSession { user: user.id, refresh_token, access_ends_at, user_agent, address };
    let secret = create_session(state, new).await?;
    let mut outcome = match handle_changed {
        true => AccountOutcome::redirect(next::destination_with(next, "handle_changed=true")),
        false => AccountOutcome::redirect(next::destination(next)),
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
