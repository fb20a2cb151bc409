//! New tokens for a session whose access token is about to end: how we hear that the user pool no longer wants somebody.

use secrecy::SecretString;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::server::cognito::Cognito;
use crate::server::cognito::refusal::Refusal;
use crate::server::failure::Failure;
use crate::server::store::postgres::sessions::{Access, Id, Locked, Sessions};

/// The access token is renewed when it has less than this left, seconds.
const REFRESH_BEFORE_SECS: f64 = 60.0;

/// After a refresh that could not be had, nobody asks for this long, seconds, and up to as much longer: not all at once.
const PAUSE_SECS: f64 = 5.0;

/// Whether a session still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Live,
    /// It is over, and gone from the store.
    Over,
}

/// Renews the session's tokens if it is time. Costs nothing until then; then one locked row and one call, whoever else
/// asks. While the user pool is away, a session stands as long as its access token; after that nobody can say, and this
/// is unavailable, but not over.
pub async fn refresh(sessions: &Sessions, cognito: &Cognito, id: Id, access: Access) -> Result<Standing, Failure> {
    if let Some(known) = known(access) {
        return known;
    }
    let (sessions, cognito) = (sessions.clone(), cognito.clone());
    // A task of its own: a browser that gives up must not take an answer with it that holds the only refresh token.
    let task = tokio::spawn(async move { refresh_locked(&sessions, &cognito, id).await });
    task.await.map_err(anyhow::Error::new)?
}

/// What there is to say without asking, if anything.
fn known(access: Access) -> Option<Result<Standing, Failure>> {
    if access.secs_left >= REFRESH_BEFORE_SECS {
        return Some(Ok(Standing::Live));
    }
    access.refresh_paused.then(|| while_away(access))
}

fn while_away(access: Access) -> Result<Standing, Failure> {
    if access.secs_left > 0.0 { Ok(Standing::Live) } else { Err(AppError::Unavailable.into()) }
}

async fn refresh_locked(sessions: &Sessions, cognito: &Cognito, id: Id) -> Result<Standing, Failure> {
    let Some(locked) = sessions.lock_for_refresh(id).await? else { return Ok(Standing::Over) };
    // The second look: whoever had the lock before may have done it.
    if let Some(known) = known(locked.access) {
        return known;
    }
    match locked.refresh_token() {
        Some((token, sub)) => ask(cognito, locked, &token, sub).await,
        None => {
            tracing::info!("a session sealed with another key was ended");
            locked.delete().await?;
            Ok(Standing::Over)
        }
    }
}

async fn ask(cognito: &Cognito, locked: Locked<'_>, token: &SecretString, sub: Uuid) -> Result<Standing, Failure> {
    match cognito.refresh(token, sub).await {
        Ok(renewed) => {
            locked.refreshed(renewed.access_ends_at, renewed.refresh_token.as_ref()).await?;
            Ok(Standing::Live)
        }
        // Withdrawn, disabled, gone, or a rotated token that somebody used twice.
        Err(refused) if matches!(refused.why, Refusal::NotAuthorized | Refusal::UserNotFound) => {
            locked.delete().await?;
            Ok(Standing::Over)
        }
        Err(refused) => {
            tracing::warn!(cause = format!("{:#}", refused.into_cause()), "a session could not be refreshed");
            let access = locked.access;
            locked.pause(PAUSE_SECS * (1.0 + fraction())).await?;
            while_away(access)
        }
    }
}

/// Between 0 and 1, anything.
fn fraction() -> f64 {
    f64::from(Uuid::new_v4().as_bytes()[0]) / 256.0
}
