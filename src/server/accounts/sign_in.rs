//! Signing in.

use std::net::IpAddr;

use axum::http::request::Parts;
use secrecy::SecretString;

use crate::server::accounts::attempt::Attempt;
use crate::server::accounts::min_duration::errors_with_min_duration;
use crate::server::accounts::sign_in_steps::{count, proceed, record_failure};
use crate::server::accounts::{AccountOutcome, input, next, refusals};
use crate::server::cognito::SignInOutcome;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::rate_limits::Action;
use crate::server::state::AppState;

/// Signs in and redirects to `next`, or else to the conversations. If the pool demands a further step, redirects to its
/// page instead.
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
        let result = attempt.run(state, parts, Box::pin(sign_in_as(state, parts, address, password, next))).await;
        record_failure(state, parts, &email, &result).await;
        result
    })
    .await;
    count(state, &result);
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
    match authenticate(state, address, &password, ClientAddress::of(&parts.extensions)).await {
        Ok(outcome) => proceed(state, parts, outcome, address.email, next).await,
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
    client: Option<IpAddr>,
) -> Result<SignInOutcome, CognitoError> {
    let outcome = Box::pin(state.cognito.sign_in(email, password, client)).await;
    let is_refused = outcome
        .as_ref()
        .is_err_and(|error| matches!(error.kind, CognitoErrorKind::NotAuthorized | CognitoErrorKind::UserNotFound));
    let may_differ = typed != email && state.cognito.health().case_sensitive() != Some(false);
    if is_refused && may_differ { Box::pin(state.cognito.sign_in(typed, password, client)).await } else { outcome }
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
