//! A new password for whoever forgot theirs.

use axum::http::request::Parts;
use tokio::time::Instant;

use crate::error::AppError;
use crate::server::accounts::input::{self, Mistakes};
use crate::server::accounts::sign_up::{is_about_the_account, refuses_code};
use crate::server::accounts::{Answer, count, wording};
use crate::server::cognito::refusal::Refusal;
use crate::server::limits::Action;
use crate::server::respond::Failure;
use crate::server::state::AppState;

/// Sends a code, where there is an account, and leads to where it is asked for. The answer is the same where there is none.
pub async fn forgot_password(state: &AppState, parts: &Parts, email: &str) -> Result<Answer, Failure> {
    let begun = Instant::now();
    let email = input::email(email).map_err(|reason| AppError::invalid("email", reason))?;
    count(state, parts, Action::Code, &email)?;
    match state.cognito.forgot_password(&email).await {
        Err(refused) if !is_about_the_account(refused.why) => Err(refused.into_failure()),
        Ok(()) | Err(_) => {
            wording::take_the_same_time(begun).await;
            Ok(Answer::to_with_email("/forgot", &email, Some("sent")))
        }
    }
}

/// Sets a new password, and ends every session of the account: whoever has the old password is out.
pub async fn reset_password(
    state: &AppState,
    parts: &Parts,
    email: &str,
    code: &str,
    password: String,
) -> Result<Answer, Failure> {
    let mut mistakes = Mistakes::default();
    let email = mistakes.take("email", input::email(email));
    let code = mistakes.take("code", input::code(code));
    let password = mistakes.take("password", input::password(password));
    let (Some(email), Some(code), Some(password)) = (email, code, password) else {
        return Err(mistakes.into_error().into());
    };
    count(state, parts, Action::Code, &email)?;
    match state
        .cognito
        .confirm_forgot_password(&email, &code, &password)
        .await
        .map_err(|refused| (refused.why, refused))
    {
        Ok(()) => {
            state.cognito.revoke(state.store.sessions.delete_of_email(&email).await?);
            Ok(Answer::to("/signin?reset=true"))
        }
        Err((Refusal::InvalidPassword, _)) => Err(wording::password_refused().into()),
        Err((Refusal::PasswordUsedBefore, _)) => Err(wording::password_used_before().into()),
        Err((why, _)) if refuses_code(why) => Err(wording::code_refused().into()),
        Err((_, refused)) => Err(refused.into_failure()),
    }
}
