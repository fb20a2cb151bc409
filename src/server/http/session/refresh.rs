//! Renewal of a session's tokens before the access token expires. This is also the check that the user pool still
//! accepts the user.

use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder};
use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::server::cognito::Cognito;
use crate::server::cognito::error::CognitoErrorKind;
use crate::server::failure::Failure;
use crate::server::store::postgres::sessions::{Access, Id, LockedSession, Sessions};

/// Remaining lifetime of the access token, in seconds, below which it is renewed.
const REFRESH_BEFORE_SECS: f64 = 60.0;

/// Minimum pause after a failed refresh. A random part of up to the same length is added, so that the sessions do not
/// retry all at once.
const PAUSE: Duration = Duration::from_secs(5);

/// Status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    Active,
    /// The session has ended and is no longer in the store.
    Expired,
}

/// Renews the session's tokens if they are about to expire. A renewal costs one locked row and one call to the user
/// pool, even if several requests need it at once. If the user pool is unavailable, the session remains active until
/// its access token expires; after that its status is unknown, and the result is [`AppError::Unavailable`] rather than
/// `Expired`.
pub async fn refresh(sessions: &Sessions, cognito: &Cognito, id: Id, access: Access) -> Result<SessionStatus, Failure> {
    if let Some(status) = status_without_refresh(access) {
        return status;
    }
    let (sessions, cognito) = (sessions.clone(), cognito.clone());
    // A separate task: if the browser cancels its request, the user pool's response must not be lost with it, because
    // it contains the only valid refresh token.
    let task = tokio::spawn(async move { refresh_locked(&sessions, &cognito, id).await });
    task.await.map_err(anyhow::Error::new)?
}

/// Status of a session that needs no refresh, or whose refresh is paused.
fn status_without_refresh(access: Access) -> Option<Result<SessionStatus, Failure>> {
    if access.secs_left >= REFRESH_BEFORE_SECS {
        return Some(Ok(SessionStatus::Active));
    }
    access.refresh_paused.then(|| status_by_access_token(access))
}

fn status_by_access_token(access: Access) -> Result<SessionStatus, Failure> {
    if access.secs_left > 0.0 { Ok(SessionStatus::Active) } else { Err(AppError::Unavailable.into()) }
}

async fn refresh_locked(sessions: &Sessions, cognito: &Cognito, id: Id) -> Result<SessionStatus, Failure> {
    let Some(locked) = sessions.lock_for_refresh(id).await? else { return Ok(SessionStatus::Expired) };
    // Checked again under the lock: another request may have refreshed the session in the meantime.
    if let Some(status) = status_without_refresh(locked.access) {
        return status;
    }
    match locked.refresh_token() {
        Some((token, sub)) => renew(cognito, locked, &token, sub).await,
        None => {
            tracing::info!("session deleted: refresh token cannot be decrypted");
            locked.delete().await?;
            Ok(SessionStatus::Expired)
        }
    }
}

async fn renew(
    cognito: &Cognito,
    locked: LockedSession<'_>,
    token: &SecretString,
    sub: Uuid,
) -> Result<SessionStatus, Failure> {
    match cognito.refresh(token, sub).await {
        Ok(renewed) => {
            locked.save_tokens(renewed.access_ends_at, renewed.refresh_token.as_ref()).await?;
            Ok(SessionStatus::Active)
        }
        // The token was revoked or used twice, or the account was disabled or deleted.
        Err(error) if matches!(error.kind, CognitoErrorKind::NotAuthorized | CognitoErrorKind::UserNotFound) => {
            locked.delete().await?;
            Ok(SessionStatus::Expired)
        }
        Err(error) => {
            tracing::warn!(cause = format!("{:#}", error.into_cause()), "session refresh failed");
            let access = locked.access;
            let pause = ConstantBuilder::new().with_delay(PAUSE).with_jitter().build().next().unwrap_or(PAUSE);
            locked.pause_refresh(pause.as_secs_f64()).await?;
            status_by_access_token(access)
        }
    }
}
