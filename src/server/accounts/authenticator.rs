//! Authenticator app as a second factor: set-up, and removal.

use axum::http::header;
use axum::http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::domain::authenticator::{Authenticator, AuthenticatorKey};
use crate::domain::user;
use crate::server::accounts::input::{self, FormErrors};
use crate::server::accounts::reauthentication::{into_failure, own_account, reauthenticate};
use crate::server::accounts::recorded::record_change;
use crate::server::accounts::{AccountOutcome, qr_code, refusals};
use crate::server::audit::Event;
use crate::server::cognito::error::{CognitoError, CognitoErrorKind};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::http::session::sealed_cookie::AUTHENTICATOR_KEY;
use crate::server::state::AppState;

/// Name of this site in an app.
const ISSUER: &str = "Cruddur";

/// Key that is being set up, as the browser keeps it: a page that is rendered again after a wrong code shows the key
/// that the user's app has by then.
#[derive(Serialize, Deserialize)]
struct KeptKey {
    user: user::Id,
    key: String,
}

/// Returns the state of the user's second factor. Costs a renewal of the session, unless a key is being set up.
pub async fn load(state: &AppState, parts: &Parts) -> Result<Authenticator, Failure> {
    let me = CurrentUser::of(parts)?;
    if let Some(key) = presented(state, parts, me) {
        return Ok(Authenticator { is_on: false, key: Some(shown(&key, me)?) });
    }
    state.rate_limits.spend(Action::Account, me.spender())?;
    let own = own_account(state, me).await?;
    Ok(Authenticator { is_on: own.account.has_authenticator, key: None })
}

/// Makes a key for an app, and leads to the page that shows it.
pub async fn start(state: &AppState, parts: &Parts) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    state.rate_limits.spend(Action::Account, me.spender())?;
    let own = own_account(state, me).await?;
    let mut outcome = AccountOutcome::redirect("/settings/authenticator");
    if !own.account.has_authenticator {
        let key = state.cognito.calls().associate_software_token(&own.access).await.map_err(into_failure)?;
        let kept = KeptKey { user: me.user.id, key: key.expose_secret().to_owned() };
        let cookie = AUTHENTICATOR_KEY.set(&kept, state.store.sessions.seal(), OffsetDateTime::now_utc());
        outcome.headers.append(header::SET_COOKIE, cookie);
    }
    Ok(outcome)
}

/// Turns the app on. The code proves that it has the key, and the password that the user is the one at the browser.
pub async fn turn_on(
    state: &AppState,
    parts: &Parts,
    code: &str,
    current_password: String,
) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    if presented(state, parts, me).is_none() {
        return Ok(AccountOutcome::redirect("/settings/authenticator?expired=1"));
    }
    let mut errors = FormErrors::default();
    let code = errors.check("code", input::code(code));
    let password = errors.check("current_password", input::password(current_password));
    let (Some(code), Some(password)) = (code, password) else { return Err(errors.into_error().into()) };
    let set = Box::pin(set(state, me, &password, Some(&code))).await;
    record_change(state, me, Event::AuthenticatorOn, &set);
    set?;
    let mut outcome = AccountOutcome::redirect("/settings/authenticator?on=1");
    outcome.headers.append(header::SET_COOKIE, AUTHENTICATOR_KEY.expire());
    Ok(outcome)
}

/// Turns the app off, so that the password alone signs in.
pub async fn turn_off(state: &AppState, parts: &Parts, current_password: String) -> Result<AccountOutcome, Failure> {
    let me = CurrentUser::of(parts)?;
    let password = input::password(current_password);
    let mut errors = FormErrors::default();
    let Some(password) = errors.check("current_password", password) else { return Err(errors.into_error().into()) };
    let set = Box::pin(set(state, me, &password, None)).await;
    record_change(state, me, Event::AuthenticatorOff, &set);
    set?;
    Ok(AccountOutcome::redirect("/settings/authenticator?off=1"))
}

/// Turns the app on if it has made the code, and off without one.
async fn set(state: &AppState, me: &CurrentUser, password: &SecretString, code: Option<&str>) -> Result<(), Failure> {
    let (own, calls) = (reauthenticate(state, me, password).await?, state.cognito.calls());
    if let Some(code) = code {
        calls.verify_software_token(&own.access, code).await.map_err(code_failure)?;
    }
    calls.set_authenticator(&own.access, code.is_some()).await.map_err(into_failure)
}

/// Returns the key that is being set up in this browser, unless another user has started that.
fn presented(state: &AppState, parts: &Parts, me: &CurrentUser) -> Option<SecretString> {
    let kept: KeptKey =
        AUTHENTICATOR_KEY.read(&parts.headers, state.store.sessions.seal(), OffsetDateTime::now_utc())?;
    (kept.user == me.user.id).then(|| kept.key.into())
}

/// Returns the key as the page shows it. The address is in the format that all apps read (the "Key URI format" of
/// Google Authenticator).
fn shown(key: &SecretString, me: &CurrentUser) -> Result<AuthenticatorKey, Failure> {
    let key = key.expose_secret();
    let name = utf8_percent_encode(me.user.handle_text(), NON_ALPHANUMERIC);
    let address = format!("otpauth://totp/{ISSUER}:{name}?secret={key}&issuer={ISSUER}");
    let qr_code = qr_code::draw(&address).ok_or_else(|| anyhow::anyhow!("the key is too long for a QR code"))?;
    let groups: Vec<&str> = key.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    Ok(AuthenticatorKey { text: groups.join(" "), address, qr_code })
}

fn code_failure(error: CognitoError) -> Failure {
    match error.kind {
        CognitoErrorKind::CodeMismatch | CognitoErrorKind::CodeExpired | CognitoErrorKind::InvalidParameter => {
            refusals::sign_in_code_refused().into()
        }
        _ => into_failure(error),
    }
}
