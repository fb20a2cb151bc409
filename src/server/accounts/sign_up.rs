//! Creating an account and confirming its e-mail address.

use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::server::accounts::attempt::Attempt;
use crate::server::accounts::input::{self, FormErrors, NewAccount};
use crate::server::accounts::min_duration::{errors_with_min_duration, with_min_duration};
use crate::server::accounts::{AccountOutcome, next, refusals};
use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::rate_limits::Action;
use crate::server::state::AppState;

/// Creates an account and redirects to the form for its confirmation code. If the e-mail address already has an
/// account, the response is the same and no code is sent. The redirect carries `next` for the following pages.
pub async fn sign_up(
    state: &AppState,
    parts: &Parts,
    name: &str,
    handle: &str,
    email: &str,
    password: String,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    with_min_duration(async {
        let account = NewAccount::parse(name, handle, email, password)?;
        let attempt = Attempt { action: Action::SignUp, email: &account.email };
        let calls = state.cognito.calls_from(ClientAddress::of(&parts.extensions));
        attempt.run(state, parts, Box::pin(create_account(&calls, &account, next))).await
    })
    .await
}

async fn create_account(calls: &Calls, account: &NewAccount, next: &str) -> Result<AccountOutcome, Failure> {
    let created = calls.sign_up(&account.name, &account.handle, &account.email, &account.password).await;
    match created.map_err(|error| (error.kind, error)) {
        // If the code could not be delivered, the user can request another one on the next page.
        Ok(())
        | Err((
            CognitoErrorKind::AlreadyExists | CognitoErrorKind::NotDelivered | CognitoErrorKind::TooManyForAccount,
            _,
        )) => {
            let query = [("email", account.email.as_str()), ("next", next::to_forward(next))];
            Ok(AccountOutcome::redirect_with("/confirm", &query))
        }
        Err((CognitoErrorKind::InvalidPassword, _)) => Err(refusals::password_too_weak().into()),
        Err((CognitoErrorKind::InvalidParameter, error)) => {
            // Logged because the pool's configuration can be the cause, such as a missing attribute.
            tracing::info!(cause = format!("{:#}", error.into_cause()), "sign-up rejected by the user pool");
            Err(refusals::account_refused().into())
        }
        Err((_, error)) => Err(error.into_failure()),
    }
}

/// Confirms a sign-up with its code and redirects to the sign-in.
pub async fn confirm(
    state: &AppState,
    parts: &Parts,
    email: &str,
    code: &str,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    errors_with_min_duration(async {
        let mut errors = FormErrors::default();
        let email = errors.check("email", input::email(email));
        let code = errors.check("code", input::code(code));
        let (Some(email), Some(code)) = (email, code) else { return Err(errors.into_error().into()) };
        let attempt = Attempt { action: Action::Code, email: &email };
        let calls = state.cognito.calls_from(ClientAddress::of(&parts.extensions));
        attempt.run(state, parts, Box::pin(use_code(&calls, &email, &code, next))).await
    })
    .await
}

async fn use_code(calls: &Calls, email: &str, code: &str, next: &str) -> Result<AccountOutcome, Failure> {
    match calls.confirm_sign_up(email, code).await.map_err(|error| (error.kind, error)) {
        Ok(()) => {
            let query = [("confirmed", "true"), ("next", next::to_forward(next))];
            Ok(AccountOutcome::redirect_with("/signin", &query))
        }
        Err((kind, _)) if is_code_rejection(kind) => Err(refusals::code_refused().into()),
        Err((_, error)) => Err(error.into_failure()),
    }
}

/// Returns true if the pool rejected the code for this account. The reasons are not distinguished: they would reveal
/// whether the account exists and whether it is unconfirmed.
pub(super) fn is_code_rejection(kind: CognitoErrorKind) -> bool {
    matches!(
        kind,
        CognitoErrorKind::CodeMismatch
            | CognitoErrorKind::CodeExpired
            | CognitoErrorKind::NotAuthorized
            | CognitoErrorKind::LockedOut
            | CognitoErrorKind::TooManyForAccount
            | CognitoErrorKind::UserNotFound
            | CognitoErrorKind::UserNotConfirmed
            | CognitoErrorKind::AlreadyExists
            | CognitoErrorKind::InvalidParameter
    )
}

/// Resends the code of a sign-up if the account exists and is unconfirmed. The response is the same if it is not.
pub async fn resend_code(state: &AppState, parts: &Parts, email: &str, next: &str) -> Result<AccountOutcome, Failure> {
    with_min_duration(async {
        let email = input::email(email).map_err(|reason| AppError::invalid("email", reason))?;
        let attempt = Attempt { action: Action::CodeRequest, email: &email };
        let calls = state.cognito.calls_from(ClientAddress::of(&parts.extensions));
        let send = async { after_code_request(calls.resend_confirmation_code(&email).await) };
        attempt.run(state, parts, Box::pin(send)).await?;
        let query = [("email", email.as_str()), ("resent", "true"), ("next", next::to_forward(next))];
        Ok(AccountOutcome::redirect_with("/confirm", &query))
    })
    .await
}

/// Converts the result of a request for a code. It succeeds whether or not a code could be sent to the account.
pub(super) fn after_code_request(sent: Result<(), CognitoError>) -> Result<(), Failure> {
    match sent {
        Err(error) if is_refusal_by_operator(error.kind) => {
            // Only logged: a trigger runs only for accounts that exist.
            tracing::warn!(cause = format!("{:#}", error.into_cause()), "code refused by the user pool");
            Ok(())
        }
        Err(error) if !depends_on_account(error.kind) => Err(error.into_failure()),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_refusal_by_operator(kind: CognitoErrorKind) -> bool {
    matches!(kind, CognitoErrorKind::NotPermitted | CognitoErrorKind::TriggerFailed)
}

/// Returns true if the reason why no code was sent is the state of the account: it is unknown, already confirmed, has
/// no mailbox, or has reached its limit of codes.
fn depends_on_account(kind: CognitoErrorKind) -> bool {
    matches!(
        kind,
        CognitoErrorKind::UserNotFound
            | CognitoErrorKind::UserNotConfirmed
            | CognitoErrorKind::NotAuthorized
            | CognitoErrorKind::LockedOut
            | CognitoErrorKind::TooManyForAccount
            | CognitoErrorKind::InvalidParameter
            | CognitoErrorKind::NotDelivered
    )
}
