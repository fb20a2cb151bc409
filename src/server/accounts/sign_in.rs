//! Signing in.

use axum::http::header;
use axum::http::request::Parts;
use secrecy::SecretString;

use crate::server::accounts::answer::count;
use crate::server::accounts::next;
use crate::server::accounts::{Answer, input, wording};
use crate::server::cognito::refusal::{Refusal, Refused};
use crate::server::cognito::token::IdClaims;
use crate::server::cognito::{Authenticated, Entry};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::cookie::{self, Presented, Secret};
use crate::server::state::AppState;
use crate::server::store::postgres::new_user::{Arrival, Newcomer};
use crate::server::store::postgres::sessions::NewSession;

/// Signs in, and leads to `next` or to the conversations. The first time, this makes the person's row; where their handle
/// had to differ from the one they asked for, the page that they come to says so (`?handle_changed=true`).
pub async fn sign_in(
    state: &AppState,
    parts: &Parts,
    email: &str,
    password: String,
    next: &str,
) -> Result<Answer, Failure> {
    wording::refused_in_the_same_time(async {
        let mut mistakes = input::Mistakes::default();
        let email = mistakes.take("email", input::email(email));
        let password = mistakes.take("password", input::password(password));
        let (Some(email), Some(password)) = (email, password) else { return Err(mistakes.into_error().into()) };
        count(state, parts, Action::SignIn, &email)?;
        match state.cognito.sign_in(&email, &password).await {
            Ok(Entry::Authenticated(person)) => enter(state, parts, *person, next).await,
            Ok(Entry::Challenge(challenge)) => Err(wording::challenged(&challenge).into()),
            // Only who knows the password hears this.
            Err(refused) if refused.why == Refusal::PasswordResetRequired => {
                Ok(Answer::to_with("/forgot", &[("email", email.as_str()), ("next", next::carried(next))]))
            }
            Err(refused) => Err(explain(refused)),
        }
    })
    .await
}

/// What becomes one sentence, and what does not: the pool says only of accounts that there are that they are locked.
fn explain(refused: Refused) -> Failure {
    match refused.why {
        Refusal::NotAuthorized
        | Refusal::LockedOut
        | Refusal::TooManyForAccount
        | Refusal::UserNotFound
        | Refusal::UserNotConfirmed => wording::sign_in_refused().into(),
        _ => refused.into_failure(),
    }
}

/// Makes the session of somebody whom the pool knows.
async fn enter(state: &AppState, parts: &Parts, person: Authenticated, next: &str) -> Result<Answer, Failure> {
    let Authenticated { claims, access_ends_at, refresh_token } = person;
    let refresh_token = refresh_token.ok_or_else(|| anyhow::anyhow!("a sign-in without a refresh token"))?;
    let Arrival { user, handle_changed } = state.store.users.arrive(&newcomer(claims)).await?;
    end_presented(state, parts).await?;
    let user_agent = user_agent(parts);
    let secret = begin(state, NewSession { user: user.id, refresh_token, access_ends_at, user_agent }).await?;
    let mut answer = match handle_changed {
        true => Answer::to(next::destination_with(next, "handle_changed=true")),
        false => Answer::to(next::destination(next)),
    };
    answer.headers.append(header::SET_COOKIE, secret.set_cookie());
    Ok(answer)
}

/// A new secret each time: one that somebody else planted in the browser never becomes a session.
async fn begin(state: &AppState, session: NewSession) -> Result<Secret, Failure> {
    let secret = Secret::new();
    state.store.sessions.create(secret.id(), &session).await?;
    Ok(secret)
}

/// Ends the session that the browser had before: nothing would ever sign it out.
async fn end_presented(state: &AppState, parts: &Parts) -> Result<(), Failure> {
    if let Presented::Session(old) = cookie::presented(&parts.headers) {
        let token: Option<SecretString> = state.store.sessions.delete(old).await?;
        state.cognito.revoke(token.into_iter().collect());
    }
    Ok(())
}

fn newcomer(claims: IdClaims) -> Newcomer {
    Newcomer {
        sub: claims.sub,
        email: claims.email.trim().to_lowercase(),
        email_verified: claims.email_verified,
        name: claims.name,
        handle: claims.preferred_username,
    }
}

/// What the browser calls itself, without what could not be shown.
fn user_agent(parts: &Parts) -> String {
    let text = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).collect()
}
