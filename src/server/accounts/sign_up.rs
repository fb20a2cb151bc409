//! Making an account, and proving that the mailbox is one's own.

use axum::http::request::Parts;
use tokio::time::Instant;

use crate::server::accounts::input::{self, Mistakes, NewAccount};
use crate::server::accounts::{Answer, count, wording};
use crate::server::cognito::refusal::Refusal;
use crate::server::limits::Action;
use crate::server::respond::Failure;
use crate::server::state::AppState;

/// Makes an account, and leads to where its code is asked for. So does an e-mail address that has one already: its owner
/// gets no second code, and whoever else tried learns nothing.
pub async fn sign_up(
    state: &AppState,
    parts: &Parts,
    name: &str,
    handle: &str,
    email: &str,
    password: String,
) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let account = NewAccount::parse(name, handle, email, password)?;
    count(state, parts, Action::SignUp, &account.email)?;
    let made = state.cognito.sign_up(&account.name, &account.handle, &account.email, &account.password).await;
    match made.map_err(|refused| (refused.why, refused)) {
        // Where the code could not be sent, the page that asks for it can have it sent again.
        Ok(()) | Err((Refusal::AlreadyExists | Refusal::NotDelivered, _)) => {
            wording::take_the_same_time(begun).await;
            Ok(Answer::to_with_email("/confirm", &account.email, None))
        }
        Err((Refusal::InvalidPassword | Refusal::InvalidParameter, refused)) => {
            // A pool that lacks an attribute of ours says "invalid parameter", too: the log has to tell.
            tracing::info!(cause = format!("{:#}", refused.into_cause()), "a sign-up was refused");
            Err(wording::password_refused().into())
        }
        Err((_, refused)) => Err(refused.into_failure()),
    }
}

/// Tries the code of a sign-up, and leads to the sign-in.
pub async fn confirm(state: &AppState, parts: &Parts, email: &str, code: &str) -> Result<Answer, Failure> {
    let mut mistakes = Mistakes::default();
    let email = mistakes.take("email", input::email(email));
    let code = mistakes.take("code", input::code(code));
    let (Some(email), Some(code)) = (email, code) else { return Err(mistakes.into_error().into()) };
    count(state, parts, Action::Code, &email)?;
    match state.cognito.confirm_sign_up(&email, &code).await.map_err(|refused| (refused.why, refused)) {
        Ok(()) => Ok(Answer::to("/signin?confirmed=true")),
        Err((why, _)) if refuses_code(why) => Err(wording::code_refused().into()),
        Err((_, refused)) => Err(refused.into_failure()),
    }
}

/// Whether the pool says, in one way or another, that this code does not fit this account. Which way it is would tell
/// whether there is an account, and whether it waits for a code.
pub(super) fn refuses_code(why: Refusal) -> bool {
    matches!(
        why,
        Refusal::CodeMismatch
            | Refusal::CodeExpired
            | Refusal::NotAuthorized
            | Refusal::UserNotFound
            | Refusal::UserNotConfirmed
            | Refusal::AlreadyExists
            | Refusal::InvalidParameter
    )
}

/// Sends the code of a sign-up again, where there is an account that waits for one; the answer is the same where not.
pub async fn resend_code(state: &AppState, parts: &Parts, email: &str) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let email = input::email(email).map_err(|reason| crate::error::AppError::invalid("email", reason))?;
    count(state, parts, Action::Code, &email)?;
    match state.cognito.resend_confirmation_code(&email).await {
        Err(refused) if !is_about_the_account(refused.why) => Err(refused.into_failure()),
        Ok(()) | Err(_) => {
            wording::take_the_same_time(begun).await;
            Ok(Answer::to_with_email("/confirm", &email, Some("resent")))
        }
    }
}

/// Whether a refusal to send a code comes from the account's state: not there, confirmed already, without a mailbox.
pub(super) fn is_about_the_account(why: Refusal) -> bool {
    matches!(
        why,
        Refusal::UserNotFound
            | Refusal::UserNotConfirmed
            | Refusal::NotAuthorized
            | Refusal::InvalidParameter
            | Refusal::NotDelivered
    )
}
