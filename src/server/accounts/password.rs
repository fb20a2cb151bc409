//! A new password for whoever forgot theirs.

use std::time::Duration;

use axum::http::request::Parts;

use crate::server::accounts::answer::count;
use crate::server::accounts::input::{self, Mistakes};
use crate::server::accounts::sign_up::{code_is_on_its_way, refuses_code, who_wants_a_code};
use crate::server::accounts::{Answer, next, wording};
use crate::server::cognito::refusal::Refusal;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::state::AppState;

/// Sends a code, where there is an account, and leads to where it is asked for. The answer is the same where there is none.
pub async fn forgot_password(state: &AppState, parts: &Parts, email: &str, next: &str) -> Result<Answer, Failure> {
    wording::in_the_same_time(async {
        let email = who_wants_a_code(state, parts, email)?;
        let sent = state.cognito.forgot_password(&email).await;
        code_is_on_its_way(sent, "/forgot", &[("email", &email), ("sent", "true"), ("next", next::carried(next))])
    })
    .await
}

/// Sets a new password, and ends every session of the account: whoever has the old password is out.
pub async fn reset_password(
    state: &AppState,
    parts: &Parts,
    email: &str,
    code: &str,
    password: String,
    next: &str,
) -> Result<Answer, Failure> {
    wording::refused_in_the_same_time(async {
        let mut mistakes = Mistakes::default();
        let email = mistakes.take("email", input::email(email));
        let code = mistakes.take("code", input::code(code));
        let password = mistakes.take("password", input::new_password(password));
        let (Some(email), Some(code), Some(password)) = (email, code, password) else {
            return Err(mistakes.into_error().into());
        };
        count(state, parts, Action::Code, &email)?;
        let set = state.cognito.confirm_forgot_password(&email, &code, &password).await;
        match set.map_err(|refused| (refused.why, refused)) {
            Ok(()) => {
                end_sessions(state, email).await;
                Ok(Answer::to_with("/signin", &[("reset", "true"), ("next", next::carried(next))]))
            }
            Err((Refusal::InvalidPassword, _)) => Err(wording::password_too_weak().into()),
            Err((Refusal::PasswordUsedBefore, _)) => Err(wording::password_used_before().into()),
            Err((why, _)) if refuses_code(why) => Err(wording::code_refused().into()),
            Err((_, refused)) => Err(refused.into_failure()),
        }
    })
    .await
}

/// How often, and after how long each time, it is tried again to end sessions.
const TRIES_MAX: u32 = 60;
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Ends the sessions of whoever knew the old password. The code is used up: should PostgreSQL be away just now, nobody could
/// ask for this again, so it is insisted on.
async fn end_sessions(state: &AppState, email: String) {
    let Err(failure) = try_to_end_sessions(state, &email).await else { return };
    failure.into_answer();
    let state = state.clone();
    tokio::spawn(async move {
        for _ in 0..TRIES_MAX {
            tokio::time::sleep(RETRY_INTERVAL).await;
            if try_to_end_sessions(&state, &email).await.is_ok() {
                return;
            }
        }
        tracing::error!("a password was reset, but the sessions of before go on");
    });
}

async fn try_to_end_sessions(state: &AppState, email: &str) -> Result<(), Failure> {
    state.cognito.revoke(state.store.sessions.delete_of_email(email).await?);
    Ok(())
}
