//! Proof that the user at the browser knows the password: it may have been left open.

use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::server::accounts::refusals;
use crate::server::cognito::SignInOutcome;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::cognito::own_account_calls::OwnAccount;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::http::session::refresh::access_token;
use crate::server::state::AppState;

/// A user who has just proved to know the password.
pub(super) struct Reauthenticated {
    pub(super) account: OwnAccount,
    /// A new access token, for calls on behalf of the user.
    pub(super) access: SecretString,
}

/// Returns the user's account, with a new access token. Each call costs a renewal of the session.
pub(super) async fn own_account(state: &AppState, me: &CurrentUser) -> Result<Reauthenticated, Failure> {
    let Some(session) = me.session else { return Err(AppError::Unauthenticated.into()) };
    let access = access_token(&state.store, &state.cognito, session).await?;
    let account = state.cognito.calls().own_account(&access).await.map_err(into_failure)?;
    Ok(Reauthenticated { account, access })
}

/// Checks the password of the user by signing in with it. A second factor is not asked for: the session has it.
pub(super) async fn reauthenticate(
    state: &AppState,
    me: &CurrentUser,
    password: &SecretString,
) -> Result<Reauthenticated, Failure> {
    let caller = Caller::User(me.user.id);
    // One after the other, so that many guesses at once are no more than the quota allows.
    let _turn = state.rate_limits.turn(&caller).await;
    state.rate_limits.check_shared(&state.store, Action::CurrentPassword, &caller).await?;
    let own = own_account(state, me).await?;
    match state.cognito.sign_in(&own.account.user_name, password, me.origin.address).await {
        Ok(SignInOutcome::Challenge(_)) => Ok(own),
        Ok(SignInOutcome::Authenticated(user)) => {
            state.cognito.revoke(user.refresh_token.into_iter().collect());
            Ok(own)
        }
        Err(error) => Err(match error.kind {
            CognitoErrorKind::NotAuthorized | CognitoErrorKind::LockedOut | CognitoErrorKind::TooManyForAccount => {
                refusals::current_password_refused().into()
            }
            _ => error.into_failure(),
        }),
    }
}

/// Converts an error of a call with a token that has just been issued.
pub(super) fn into_failure(error: CognitoError) -> Failure {
    match error.kind {
        // The user has signed out everywhere meanwhile, or the account is gone.
        CognitoErrorKind::NotAuthorized | CognitoErrorKind::UserNotFound => AppError::Unauthenticated.into(),
        _ => error.into_failure(),
    }
}
