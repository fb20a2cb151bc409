//! Change of the password by a user who knows the current one.

use axum::http::request::Parts;
use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::accounts::end_surely::end_surely;
use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::recorded::record;
use crate::server::accounts::{AccountOutcome, refusals};
use crate::server::audit::{Event, Outcome};
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::http::session::refresh::access_token;
use crate::server::state::AppState;
use crate::server::store::postgres::sessions;

/// Sets a new password, and ends the user's other sessions and the tokens of programs, so that anyone who knew the old
/// password is signed out. The current password is demanded, because a browser may be left open.
pub async fn change_password(
    state: &AppState,
    parts: &Parts,
    current: String,
    password: String,
) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    let Some(own) = me.session else { return Err(AppError::Unauthenticated.into()) };
    let mut errors = FormErrors::default();
    let current = errors.check("current_password", input::password(current));
    let user = &me.user;
    let email = state.store.users.own_email(user.id).await?.unwrap_or_default();
    let own_words = [user.display_name.as_str(), user.handle_text(), &email];
    let password = errors.check("password", input::new_password(password, &own_words));
    let (Some(current), Some(password)) = (current, password) else { return Err(errors.into_error().into()) };
    let caller = Caller::User(me.user.id);
    // One after the other, so that many guesses at once are no more than the quota allows.
    let _turn = state.rate_limits.turn(&caller).await;
    state.rate_limits.check_shared(&state.store, Action::CurrentPassword, &caller).await?;
    let set = Box::pin(set_password(state, own, &current, &password)).await;
    record(state, parts, (Event::PasswordChange, Outcome::of(&set)), Some(me.user.id));
    set?;
    end_others(state, me.user.id, own).await;
    Ok(AccountOutcome::redirect("/settings/password?changed=1"))
}

async fn set_password(
    state: &AppState,
    own: sessions::Id,
    current: &SecretString,
    password: &SecretString,
) -> Result<(), Failure> {
    let access = access_token(&state.store, &state.cognito, own).await?;
    let set = state.cognito.calls().change_password(&access, current, password).await;
    set.map_err(|error: CognitoError| match error.kind {
        // The token has just been issued: the user has signed out everywhere meanwhile.
        CognitoErrorKind::NotAuthorized if error.ends_token => AppError::Unauthenticated.into(),
        CognitoErrorKind::NotAuthorized
        | CognitoErrorKind::LockedOut
        | CognitoErrorKind::TooManyForAccount
        | CognitoErrorKind::InvalidParameter => refusals::current_password_refused().into(),
        CognitoErrorKind::InvalidPassword => refusals::password_too_weak().into(),
        CognitoErrorKind::PasswordUsedBefore => refusals::password_used_before().into(),
        _ => error.into_failure(),
    })
}

/// Ends the other sessions of the user, and all tokens of programs.
async fn end_others(state: &AppState, user: user::Id, own: sessions::Id) {
    let state = state.clone();
    end_surely(move || {
        let state = state.clone();
        Box::pin(async move {
            state.store.users.end_tokens(user).await?;
            state.cognito.revoke(state.store.sessions.delete_others(user, own).await?);
            Ok(())
        })
    })
    .await;
}
