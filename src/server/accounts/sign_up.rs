//! Making an account, and proving that the mailbox is one's own.

use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::server::accounts::answer::count;
use crate::server::accounts::input::{self, Mistakes, NewAccount};
use crate::server::accounts::{Answer, next, wording};
use crate::server::cognito::refusal::{Refusal, Refused};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::state::AppState;

/// Makes an account, and leads to where its code is asked for. So does an e-mail address that has one already: its owner
/// gets no second code, and whoever else tried learns nothing. The way to `next` goes on from there.
pub async fn sign_up(
    state: &AppState,
    parts: &Parts,
    name: &str,
    handle: &str,
    email: &str,
    password: String,
    next: &str,
) -> Result<Answer, Failure> {
    wording::in_the_same_time(async {
        let account = NewAccount::parse(name, handle, email, password)?;
        count(state, parts, Action::SignUp, &account.email)?;
        let made = state.cognito.sign_up(&account.name, &account.handle, &account.email, &account.password).await;
        match made.map_err(|refused| (refused.why, refused)) {
            // Where the code could not be sent, the page that asks for it can have it sent again.
            Ok(()) | Err((Refusal::AlreadyExists | Refusal::NotDelivered | Refusal::TooManyForAccount, _)) => {
                Ok(Answer::to_with("/confirm", &[("email", account.email.as_str()), ("next", next::carried(next))]))
            }
            Err((Refusal::InvalidPassword, _)) => Err(wording::password_too_weak().into()),
            Err((Refusal::InvalidParameter, refused)) => {
                // It can be a pool that lacks an attribute of ours: the log has to tell.
                tracing::info!(cause = format!("{:#}", refused.into_cause()), "a sign-up was refused");
                Err(wording::account_refused().into())
            }
            Err((_, refused)) => Err(refused.into_failure()),
        }
    })
    .await
}

/// Tries the code of a sign-up, and leads to the sign-in.
pub async fn confirm(state: &AppState, parts: &Parts, email: &str, code: &str, next: &str) -> Result<Answer, Failure> {
    wording::refused_in_the_same_time(async {
        let mut mistakes = Mistakes::default();
        let email = mistakes.take("email", input::email(email));
        let code = mistakes.take("code", input::code(code));
        let (Some(email), Some(code)) = (email, code) else { return Err(mistakes.into_error().into()) };
        count(state, parts, Action::Code, &email)?;
        match state.cognito.confirm_sign_up(&email, &code).await.map_err(|refused| (refused.why, refused)) {
            Ok(()) => Ok(Answer::to_with("/signin", &[("confirmed", "true"), ("next", next::carried(next))])),
            Err((why, _)) if refuses_code(why) => Err(wording::code_refused().into()),
            Err((_, refused)) => Err(refused.into_failure()),
        }
    })
    .await
}

/// Whether the pool says, in one way or another, that this code does not fit this account. Which way it is would tell
/// whether there is an account, and whether it waits for a code.
pub(super) fn refuses_code(why: Refusal) -> bool {
    matches!(
        why,
        Refusal::CodeMismatch
            | Refusal::CodeExpired
            | Refusal::NotAuthorized
            | Refusal::LockedOut
            | Refusal::TooManyForAccount
            | Refusal::UserNotFound
            | Refusal::UserNotConfirmed
            | Refusal::AlreadyExists
            | Refusal::InvalidParameter
    )
}

/// Sends the code of a sign-up again, where there is an account that waits for one; the answer is the same where not.
pub async fn resend_code(state: &AppState, parts: &Parts, email: &str, next: &str) -> Result<Answer, Failure> {
    wording::in_the_same_time(async {
        let email = who_wants_a_code(state, parts, email)?;
        let sent = state.cognito.resend_confirmation_code(&email).await;
        code_is_on_its_way(sent, "/confirm", &[("email", &email), ("resent", "true"), ("next", next::carried(next))])
    })
    .await
}

/// The e-mail address that a code is asked for, counted as a try.
pub(super) fn who_wants_a_code(state: &AppState, parts: &Parts, email: &str) -> Result<String, Failure> {
    let email = input::email(email).map_err(|reason| AppError::invalid("email", reason))?;
    count(state, parts, Action::Code, &email)?;
    Ok(email)
}

/// Leads to where the code is asked for, whether or not there is an account that it could be sent to.
pub(super) fn code_is_on_its_way(
    sent: Result<(), Refused>,
    path: &str,
    query: &[(&str, &str)],
) -> Result<Answer, Failure> {
    match sent {
        Err(refused) if !is_about_the_account(refused.why) => Err(refused.into_failure()),
        Ok(()) | Err(_) => Ok(Answer::to_with(path, query)),
    }
}

/// Whether a refusal to send a code comes from the account's state: not there, confirmed already, without a mailbox, asked
/// for too often.
fn is_about_the_account(why: Refusal) -> bool {
    matches!(
        why,
        Refusal::UserNotFound
            | Refusal::UserNotConfirmed
            | Refusal::NotAuthorized
            | Refusal::LockedOut
            | Refusal::TooManyForAccount
            | Refusal::InvalidParameter
            | Refusal::NotDelivered
    )
}
