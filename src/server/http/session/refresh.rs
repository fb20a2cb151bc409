//! Renewal of a session's tokens before the access token expires. This is also the check that the user pool still
//! accepts the user.

use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder};
use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::server::cognito::Cognito;
use crate::server::cognito::error::CognitoError;
use crate::server::failure::Failure;
use crate::server::store::Store;
use crate::server::store::postgres::locked_session::LockedSession;
use crate::server::store::postgres::sessions::{Access, Id};

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
pub async fn refresh(store: &Store, cognito: &Cognito, id: Id, access: Access) -> Result<SessionStatus, Failure> {
    if let Some(status) = status_without_refresh(access) {
        return status;
    }
    let (store, cognito) = (store.clone(), cognito.clone());
    // A separate task: if the browser cancels its request, the user pool's response must not be lost with it, because
    // it contains the only valid refresh token.
    let task = tokio::spawn(async move { refresh_locked(&store, &cognito, id).await });
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

/// Returns a new access token of the session, for one call on behalf of its user. Fails if the session has ended, or if
/// the user pool is unavailable.
pub async fn access_token(store: &Store, cognito: &Cognito, id: Id) -> Result<SecretString, Failure> {
    let (store, cognito) = (store.clone(), cognito.clone());
    // A separate task, as in `refresh`.
    let task = tokio::spawn(async move {
        let Some(locked) = store.sessions.lock_for_refresh(id).await? else {
            return Err(AppError::Unauthenticated.into());
        };
        if locked.access.refresh_paused {
            return Err(AppError::Unavailable.into());
        }
        match renew(&store, &cognito, locked).await? {
            Renewal::Renewed(access_token) => Ok(access_token),
            Renewal::Ended => Err(AppError::Unauthenticated.into()),
            Renewal::Paused(_) => Err(AppError::Unavailable.into()),
        }
    });
    task.await.map_err(anyhow::Error::new)?
}

async fn refresh_locked(store: &Store, cognito: &Cognito, id: Id) -> Result<SessionStatus, Failure> {
    let Some(locked) = store.sessions.lock_for_refresh(id).await? else { return Ok(SessionStatus::Expired) };
    // Checked again under the lock: another request may have refreshed the session in the meantime.
    if let Some(status) = status_without_refresh(locked.access) {
        return status;
    }
    match renew(store, cognito, locked).await? {
        Renewal::Renewed(_) => Ok(SessionStatus::Active),
        Renewal::Ended => Ok(SessionStatus::Expired),
        Renewal::Paused(access) => status_by_access_token(access),
    }
}

/// Outcome of a renewal.
enum Renewal {
    /// The session has a new access token.
    Renewed(SecretString),
    /// The user pool no longer accepts the session, which has been deleted.
    Ended,
    /// The renewal has failed, and says nothing about the account.
    Paused(Access),
}

/// Renews the tokens of a locked session.
async fn renew(store: &Store, cognito: &Cognito, locked: LockedSession<'_>) -> Result<Renewal, Failure> {
    let Some((token, sub)) = locked.refresh_token() else {
        tracing::info!("session deleted: refresh token cannot be decrypted");
        locked.delete().await?;
        return Ok(Renewal::Ended);
    };
    match cognito.refresh(&token, sub).await {
        Ok(renewed) => {
            locked.save_tokens(renewed.access_ends_at, renewed.refresh_token.as_ref()).await?;
            // A failure is only logged: the session is renewed, and the next renewal stores the address.
            let followed = store.users.follow_email(sub, renewed.claims.verified_email().as_deref()).await;
            followed.map_err(Failure::into_public).ok();
            Ok(Renewal::Renewed(renewed.access_token))
        }
        // The token was revoked or used twice, or the account was disabled or deleted. A wrong configuration can look
        // alike, and must end no session.
        Err(error) if cognito.ends_session(&error).await => {
            locked.delete().await?;
            Ok(Renewal::Ended)
        }
        Err(error) => pause(locked, error).await.map(Renewal::Paused),
    }
}

/// Keeps the session after a failed renewal, which says nothing about the account.
async fn pause(locked: LockedSession<'_>, error: CognitoError) -> Result<Access, Failure> {
    tracing::warn!(cause = format!("{:#}", error.into_cause()), "session refresh failed");
    let access = locked.access;
    let pause = ConstantBuilder::new().with_delay(PAUSE).with_jitter().build().next().unwrap_or(PAUSE);
    locked.pause_refresh(pause.as_secs_f64()).await?;
    Ok(access)
}
