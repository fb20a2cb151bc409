//! Password reset.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::accounts::attempt::Attempt;
use crate::server::accounts::end_surely::end_surely;
use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::min_duration::{errors_with_min_duration, with_min_duration};
use crate::server::accounts::recorded::record_attempt;
use crate::server::accounts::sign_up::{after_code_request, is_code_rejection};
use crate::server::accounts::{AccountOutcome, next, refusals};
use crate::server::audit::{Entry, Event, Origin, Outcome};
use crate::server::cognito::SignInOutcome;
use crate::server::cognito::calls::Calls;
use crate::server::cognito::error::CognitoErrorKind;
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::origin::origin;
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
        let email = input::email(email).map_err(|reason| AppError::invalid("email", reason))?;
        let attempt = Attempt { action: Action::CodeRequest, email: &email };
        let calls = state.cognito.calls_from(ClientAddress::of(&parts.extensions));
        let send = async { after_code_request(calls.forgot_password(&email).await) };
        attempt.run(state, parts, Box::pin(send)).await?;
        let query = [("email", email.as_str()), ("sent", "true"), ("next", next::to_forward(next))];
        Ok(AccountOutcome::redirect_with("/forgot", &query))
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
        let own_words = [email];
        let email = errors.check("email", input::email(email));
        let code = errors.check("code", input::code(code));
        let password = errors.check("password", input::new_password(password, &own_words));
        let (Some(email), Some(code), Some(password)) = (email, code, password) else {
            return Err(errors.into_error().into());
        };
        let attempt = Attempt { action: Action::Code, email: &email };
        let calls = state.cognito.calls_from(ClientAddress::of(&parts.extensions));
        let set = attempt.run(state, parts, Box::pin(set_password(&calls, &email, &code, &password))).await;
        record_attempt(state, parts, Event::PasswordReset, (&email, &set)).await;
        set?;
        let origin = origin(&parts.extensions, &parts.headers);
        Box::pin(end_sessions(state, email, password, origin)).await;
        let query = [("reset", "true"), ("next", next::to_forward(next))];
        Ok(AccountOutcome::redirect_with("/signin", &query))
    })
    .await
}

async fn set_password(calls: &Calls, email: &str, code: &str, password: &SecretString) -> Result<(), Failure> {
    let set = calls.confirm_forgot_password(email, code, password).await;
    set.map_err(|error| match error.kind {
        CognitoErrorKind::InvalidPassword => refusals::password_too_weak().into(),
        CognitoErrorKind::PasswordUsedBefore => refusals::password_used_before().into(),
        kind if is_code_rejection(kind) => refusals::code_refused().into(),
        _ => error.into_failure(),
    })
}

/// Ends the sessions of the account, and retries in the background: the code is used up, so the user cannot repeat the
/// request.
async fn end_sessions(state: &AppState, email: String, password: SecretString, origin: Origin) {
    let state = state.clone();
    let account = Arc::new((email, password, origin));
    end_surely(move || {
        let (state, account) = (state.clone(), Arc::clone(&account));
        Box::pin(async move {
            let (email, password, origin) = &*account;
            let user = try_to_end_sessions(&state, email, password, origin.address).await?;
            state.audit.record(Entry::new(Event::EndSessions, Outcome::Done, origin.clone()).of(user));
            Ok(())
        })
    })
    .await;
}

/// Ends the sessions and tokens of the account that has just got this password. The account is found by signing in: the
/// stored e-mail address may be that of another user by now, whose sessions must go on. Only if the pool demands a
/// further step and does not name the account's id, the address has to do: an ended session harms less than one that
/// goes on. Returns the user of the account, if it has one.
async fn try_to_end_sessions(
    state: &AppState,
    email: &str,
    password: &SecretString,
    client: Option<IpAddr>,
) -> Result<Option<user::Id>, Failure> {
    let (sub, refresh_token) = match state.cognito.sign_in(email, password, client).await {
        Ok(SignInOutcome::Authenticated(user)) => (Some(user.claims.sub), user.refresh_token),
        Ok(SignInOutcome::Challenge(challenge)) => (challenge.sub(), None),
        Err(error) if error.is_temporary() => return Err(Failure::Unavailable(error.into_cause())),
        Err(error) => return Err(Failure::Unexpected(error.into_cause())),
    };
    let user = match sub {
        Some(sub) => state.store.users.by_cognito_user_id(sub).await?,
        None => state.store.users.by_email(email).await?,
    };
    let mut tokens = Vec::new();
    if let Some(user) = &user {
        state.store.users.end_tokens(user.id).await?;
        tokens = state.store.sessions.delete_of_user(user.id).await?;
    }
    match refresh_token {
        // The pool revokes all tokens of the account, those of other programs among them.
        Some(token) => state.cognito.sign_out_everywhere(token).await,
        None => state.cognito.revoke(tokens),
    }
    Ok(user.map(|user| user.id))
}
