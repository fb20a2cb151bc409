//! Further steps of a sign-in, which the user pool demands after the password: a new password in place of a temporary
//! one, or the code of a second factor.

use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::server::accounts::attempt::Attempt;
use crate::server::accounts::new_session::start_session;
use crate::server::accounts::pending_sign_in::PendingSignIn;
use crate::server::accounts::recorded::record_attempt;
use crate::server::accounts::{AccountOutcome, input, next, refusals};
use crate::server::audit::Event;
use crate::server::cognito::SignInOutcome;
use crate::server::cognito::challenge::{Challenge, Step};
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::sealed_cookie::SIGN_IN;
use crate::server::state::AppState;

/// Goes on with a sign-in after the pool's response: starts the session, or leads to the page of the next step.
pub(super) async fn proceed(
    state: &AppState,
    parts: &Parts,
    response: SignInOutcome,
    email: &str,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let challenge = match response {
        SignInOutcome::Authenticated(user) => return start_session(state, parts, *user, next).await,
        SignInOutcome::Challenge(challenge) => challenge,
    };
    let name = challenge.name.clone();
    let Some(challenge) = challenge.supported() else {
        tracing::info!(challenge = name, "sign-in refused: its next step is not supported");
        return Err(refusals::unsupported_challenge().into());
    };
    Ok(lead_to_step(state, challenge, email, next))
}

/// Leads to the page of the next step. The browser keeps the challenge in a sealed cookie.
fn lead_to_step(state: &AppState, challenge: Challenge, email: &str, next: &str) -> AccountOutcome {
    let next = ("next", next::to_forward(next));
    let mut outcome = match challenge.step {
        Step::NewPassword => AccountOutcome::redirect_with("/signin/password", &[next]),
        Step::Code(source) => AccountOutcome::redirect_with("/signin/code", &[("by", source.as_str()), next]),
    };
    let pending = PendingSignIn { email: email.to_owned(), challenge };
    outcome.headers.append(header::SET_COOKIE, pending.set_cookie(state.store.sessions.seal()));
    outcome
}

/// Replaces the temporary password of the user who is signing in, and signs in.
pub async fn set_first_password(
    state: &AppState,
    parts: &Parts,
    password: String,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let Some(pending) = PendingSignIn::presented(parts, state.store.sessions.seal())
        .filter(|it| it.challenge.step == Step::NewPassword)
    else {
        return Ok(start_again(next));
    };
    let password = input::new_password(password, &[&pending.email]);
    let password = password.map_err(|reason| AppError::invalid("password", reason))?;
    answer(state, parts, &pending, &password, next).await
}

/// Proves the second factor of the user who is signing in, and signs in.
pub async fn answer_sign_in_code(
    state: &AppState,
    parts: &Parts,
    code: &str,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let Some(pending) = PendingSignIn::presented(parts, state.store.sessions.seal())
        .filter(|it| matches!(it.challenge.step, Step::Code(_)))
    else {
        return Ok(start_again(next));
    };
    let code = input::code(code).map_err(|reason| AppError::invalid("code", reason))?;
    answer(state, parts, &pending, &SecretString::from(code), next).await
}

/// Leads back to the sign-in, because the steps so far no longer count.
fn start_again(next: &str) -> AccountOutcome {
    let mut outcome =
        AccountOutcome::redirect_with("/signin", &[("expired", "true"), ("next", next::to_forward(next))]);
    outcome.headers.append(header::SET_COOKIE, SIGN_IN.expire());
    outcome
}

async fn answer(
    state: &AppState,
    parts: &Parts,
    pending: &PendingSignIn,
    answer: &SecretString,
    next: &str,
) -> Result<AccountOutcome, Failure> {
    let attempt = Attempt { action: Action::SignInStep, email: &pending.email };
    let work = async {
        let client = ClientAddress::of(&parts.extensions);
        let response = state.cognito.answer(&pending.challenge, answer, client).await;
        let response = response.map_err(|error| into_failure(error, pending.challenge.step))?;
        let mut outcome = proceed(state, parts, response, &pending.email, next).await?;
        if outcome.starts_session() {
            outcome.headers.append(header::SET_COOKIE, SIGN_IN.expire());
        }
        Ok(outcome)
    };
    let result = attempt.run(state, parts, Box::pin(work)).await;
    record_failure(state, parts, &pending.email, &result).await;
    count(state, &result);
    match result {
        // Converted only here, so that the attempt counts as a wrong guess.
        Err(Failure::Public(AppError::Unauthenticated)) => Ok(start_again(next)),
        result => result,
    }
}

/// Counts a sign-in, unless it waits for a further step.
pub(super) fn count(state: &AppState, result: &Result<AccountOutcome, Failure>) {
    if result.as_ref().map_or(true, AccountOutcome::starts_session) {
        state.metrics.sign_ins.count(result);
    }
}

/// Records a step that has failed, with the user whose address it is. The session and the refusal of a suspended user
/// are recorded where the account is known.
pub(super) async fn record_failure(
    state: &AppState,
    parts: &Parts,
    email: &str,
    result: &Result<AccountOutcome, Failure>,
) {
    let is_suspension =
        |failure: &Failure| matches!(failure, Failure::Public(error) if *error == refusals::account_suspended());
    if result.as_ref().is_err_and(|failure| !is_suspension(failure)) {
        record_attempt(state, parts, Event::SignIn, (email, result)).await;
    }
}

fn into_failure(error: CognitoError, step: Step) -> Failure {
    match (error.kind, step) {
        // The pool waits for no answer any more, or the account has been disabled, deleted or reset meanwhile.
        (
            CognitoErrorKind::NotAuthorized
            | CognitoErrorKind::UserNotFound
            | CognitoErrorKind::UserNotConfirmed
            | CognitoErrorKind::PasswordResetRequired,
            _,
        ) => AppError::Unauthenticated.into(),
        (
            CognitoErrorKind::CodeMismatch | CognitoErrorKind::CodeExpired | CognitoErrorKind::InvalidParameter,
            Step::Code(_),
        ) => refusals::sign_in_code_refused().into(),
        (CognitoErrorKind::InvalidPassword, _) => refusals::password_too_weak().into(),
        (CognitoErrorKind::PasswordUsedBefore, _) => refusals::password_used_before().into(),
        // The pool demands attributes that the account lacks.
        (CognitoErrorKind::InvalidParameter, Step::NewPassword) => {
            tracing::warn!(cause = format!("{:#}", error.into_cause()), "first password rejected by the user pool");
            refusals::account_refused().into()
        }
        _ => error.into_failure(),
    }
}
