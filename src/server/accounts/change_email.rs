//! Change of the e-mail address, with which the user signs in.

use secrecy::SecretString;

use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::min_duration::with_min_duration;
use crate::server::accounts::reauthentication::{into_failure, reauthenticate};
use crate::server::accounts::recorded::record_change;
use crate::server::accounts::{AccountOutcome, refusals};
use crate::server::audit::Event;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::http::session::refresh::access_token;
use crate::server::state::AppState;

/// Path of the page.
const PATH: &str = "/settings/email";

/// Returns the verified address of the user.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<Option<String>, Failure> {
    state.store.users.own_email(me.user.id).await
}

/// Sends a code to a new address. The old one counts until the code has come back. If another account has the address,
/// the response is the same and no code is sent.
pub async fn request(
    state: &AppState,
    me: &CurrentUser,
    email: &str,
    current_password: String,
) -> Result<AccountOutcome, Failure> {
    let mut errors = FormErrors::default();
    let email = errors.check("email", input::email(email));
    let password = errors.check("current_password", input::password(current_password));
    let (Some(email), Some(password)) = (email, password) else { return Err(errors.into_error().into()) };
    if load(state, me).await?.as_ref() == Some(&email) {
        return Err(AppError::invalid("email", FieldCode::EmailUnchanged).into());
    }
    let sent = Box::pin(send_code(state, me, &email, &password)).await;
    record_change(state, me, Event::EmailRequest, &sent);
    sent
}

async fn send_code(
    state: &AppState,
    me: &CurrentUser,
    email: &str,
    password: &SecretString,
) -> Result<AccountOutcome, Failure> {
    let own = reauthenticate(state, me, password).await?;
    state.rate_limits.check_shared(&state.store, Action::CodeRequest, &Caller::User(me.user.id)).await?;
    with_min_duration(async {
        match state.cognito.calls().change_email(&own.access, email).await.map_err(|error| (error.kind, error)) {
            Ok(true) | Err((CognitoErrorKind::AlreadyExists, _)) => {
                Ok(AccountOutcome::redirect(format!("{PATH}?sent=1")))
            }
            // The pool asks for no proof.
            Ok(false) => Ok(changed(state, me).await),
            Err((CognitoErrorKind::InvalidParameter, _)) => {
                Err(AppError::invalid("email", FieldCode::EmailMalformed).into())
            }
            Err((CognitoErrorKind::NotDelivered, error)) => Err(Failure::Unavailable(error.into_cause())),
            Err((_, error)) => Err(into_failure(error)),
        }
    })
    .await
}

/// Proves the new address with its code. From now on it is the one that signs in. All sessions go on.
pub async fn confirm(state: &AppState, me: &CurrentUser, code: &str) -> Result<AccountOutcome, Failure> {
    let code = input::code(code).map_err(|reason| AppError::invalid("code", reason))?;
    let proved = Box::pin(prove(state, me, &code)).await;
    record_change(state, me, Event::EmailChange, &proved);
    proved?;
    Ok(changed(state, me).await)
}

async fn prove(state: &AppState, me: &CurrentUser, code: &str) -> Result<(), Failure> {
    let Some(session) = me.session else { return Err(AppError::Unauthenticated.into()) };
    state.rate_limits.check_shared(&state.store, Action::Code, &Caller::User(me.user.id)).await?;
    let access = access_token(&state.store, &state.cognito, session).await?;
    state.cognito.calls().verify_email(&access, code).await.map_err(code_failure)
}

/// Stores the address of the pool. A renewal of the session does that; if it fails, so does the next one.
async fn changed(state: &AppState, me: &CurrentUser) -> AccountOutcome {
    if let Some(session) = me.session {
        access_token(&state.store, &state.cognito, session).await.map_err(Failure::into_public).ok();
    }
    AccountOutcome::redirect(format!("{PATH}?changed=1"))
}

fn code_failure(error: CognitoError) -> Failure {
    match error.kind {
        CognitoErrorKind::CodeMismatch
        | CognitoErrorKind::CodeExpired
        | CognitoErrorKind::TooManyForAccount
        | CognitoErrorKind::InvalidParameter => refusals::code_refused().into(),
        // The user has proved to own the mailbox, so this tells nothing to a stranger.
        CognitoErrorKind::AlreadyExists => AppError::Conflict(Conflict::EmailTaken).into(),
        _ => into_failure(error),
    }
}
