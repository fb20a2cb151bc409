//! Password reset.

use std::time::Duration;

use axum::http::request::Parts;
use backon::{BackoffBuilder, ConstantBuilder};

use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::min_duration::{errors_with_min_duration, with_min_duration};
use crate::server::accounts::outcome::count_attempt;
use crate::server::accounts::sign_up::{after_code_request, is_code_rejection, parse_code_request};
use crate::server::accounts::{AccountOutcome, next, refusals};
use crate::server::cognito::error::CognitoErrorKind;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::state::AppState;

/// Sends a reset code if the account exists, and redirects to the form for the code. The response is the same if the
/// account does not exist.
pub async fn forgot_password(
    state: &AppState,
    parts: &Parts,
    email: &str,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    with_min_duration(async {
        let email = parse_code_request(state, parts, email)?;
        let sent = state.cognito.calls().forgot_password(&email).await;
        after_code_request(sent, "/forgot", &[("email", &email), ("sent", "true"), ("next", next::to_forward(next))])
    })
    .await
}

/// Sets a new password and ends all sessions of the account, so that anyone who knew the old password is signed out.
pub async fn reset_password(
    state: &AppState,
    parts: &Parts,
    email: &str,
    code: &str,
    password: String,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    errors_with_min_duration(async {
        let mut errors = FormErrors::default();
        let email = errors.check("email", input::email(email));
        let code = errors.check("code", input::code(code));
        let password = errors.check("password", input::new_password(password));
        let (Some(email), Some(code), Some(password)) = (email, code, password) else {
            return Err(errors.into_error().into());
        };
        count_attempt(state, parts, Action::Code, &email)?;
        let set = state.cognito.calls().confirm_forgot_password(&email, &code, &password).await;
        match set.map_err(|error| (error.kind, error)) {
            Ok(()) => {
                end_sessions(state, email).await;
                let query = [("reset", "true"), ("next", next::to_forward(next))];
                Ok(AccountOutcome::redirect_with("/signin", &query))
            }
            Err((CognitoErrorKind::InvalidPassword, _)) => Err(refusals::password_too_weak().into()),
            Err((CognitoErrorKind::PasswordUsedBefore, _)) => Err(refusals::password_used_before().into()),
            Err((kind, _)) if is_code_rejection(kind) => Err(refusals::code_refused().into()),
            Err((_, error)) => Err(error.into_failure()),
        }
    })
    .await
}

/// Maximum number of further attempts to end the sessions.
const RETRIES_MAX: usize = 60;

/// Waits before the further attempts: 5 seconds each, so 5 minutes in total.
const WAITS: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_secs(5)).with_max_times(RETRIES_MAX);

/// Ends the sessions of the account, and retries in the background if PostgreSQL is unavailable: the code is used up,
/// so the user cannot repeat the request.
async fn end_sessions(state: &AppState, email: String) {
    let Err(failure) = try_to_end_sessions(state, &email).await else { return };
    failure.into_public();
    let state = state.clone();
    tokio::spawn(async move {
        for wait in WAITS.build() {
            tokio::time::sleep(wait).await;
            if try_to_end_sessions(&state, &email).await.is_ok() {
                return;
            }
        }
        tracing::error!(retries = RETRIES_MAX, "sessions not ended after password reset");
    });
}

async fn try_to_end_sessions(state: &AppState, email: &str) -> Result<(), Failure> {
    state.cognito.revoke(state.store.sessions.delete_of_email(email).await?);
    Ok(())
}
