//! Sessions of signed-in users, in PostgreSQL.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::SecretString;
use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use time::OffsetDateTime;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::seal::{Seal, Sealed};

/// Maximum number of concurrent token refreshes of one server. Each holds a connection while the user pool answers;
/// without the limit, a slow pool would take the connections of all other requests.
const REFRESHES_MAX: usize = 5;

/// Maximum stored length of a user agent, in characters.
pub const USER_AGENT_LEN_MAX: usize = 200;

/// Id of a session: the SHA-256 hash of the cookie's secret, so that a leaked table contains no valid cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub [u8; 32]);

/// The table `sessions`. Cloning copies handles.
#[derive(Clone)]
pub struct Sessions {
    pool: PgPool,
    seal: Arc<Seal>,
    refreshes: Arc<Semaphore>,
}

/// A session to create.
#[derive(Debug)]
pub struct NewSession {
    pub user: user::Id,
    /// Stored encrypted.
    pub refresh_token: SecretString,
    /// Expiry of the access token. The access token itself is not stored.
    pub access_ends_at: OffsetDateTime,
    pub user_agent: String,
}

/// An active session.
#[derive(Debug, Clone)]
pub struct Session {
    pub user: User,
    pub access: Access,
    /// True if the last recorded visit is some minutes ago, so that this one should be recorded.
    pub seen_long_ago: bool,
}

/// State of a session's access token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// Seconds until the token expires. Negative after its expiry.
    pub secs_left: f64,
    /// True if a refresh failed a moment ago, so that the next one must wait.
    pub refresh_paused: bool,
}

/// A deleted row.
struct DeletedRow {
    id_hash: Vec<u8>,
    refresh_token_sealed: Vec<u8>,
    seal_key_id: String,
}

impl Sessions {
    /// Creates a handle for the table. `key` encrypts the refresh tokens: 32 bytes in base64.
    pub fn new(pool: PgPool, key: &SecretString) -> anyhow::Result<Self> {
        let seal = Arc::new(Seal::parse(key)?);
        Ok(Self { pool, seal, refreshes: Arc::new(Semaphore::new(REFRESHES_MAX)) })
    }

    /// Creates a session. It expires after 30 days, or after 7 days without a visit. One query.
    pub async fn create(&self, id: Id, new: &NewSession) -> Result<(), Failure> {
        let sealed = self.seal.seal(&new.refresh_token, &id.0);
        let user_agent: String = new.user_agent.chars().take(USER_AGENT_LEN_MAX).collect();
        query_file!(
            "sql/sessions/create.sql",
            &id.0,
            new.user.0,
            sealed.bytes,
            sealed.key_id,
            new.access_ends_at,
            user_agent
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns an active session with its user. One query.
    pub async fn find(&self, id: Id) -> Result<Option<Session>, Failure> {
        let row = query_file!("sql/sessions/find.sql", &id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| Session {
            user: User::stored(user::Id(row.uuid), row.handle, row.display_name),
            access: Access { secs_left: row.access_secs_left, refresh_paused: row.refresh_paused },
            seen_long_ago: row.seen_long_ago,
        }))
    }

    /// Returns those of these sessions that are active. One query.
    pub async fn active(&self, ids: &[Id]) -> Result<HashSet<Id>, Failure> {
        let hashes: Vec<_> = ids.iter().map(|id| id.0.to_vec()).collect();
        let active = query_file_scalar!("sql/sessions/active.sql", &hashes).fetch_all(&self.pool).await?;
        Ok(active.into_iter().filter_map(|hash| Some(Id(hash.try_into().ok()?))).collect())
    }

    /// Records a visit, which restarts the idle timeout of the session. One query.
    pub async fn record_visit(&self, id: Id) -> Result<(), Failure> {
        query_file!("sql/sessions/record_visit.sql", &id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// Locks an active session for a token refresh. Waits for a concurrent refresh of the session to finish.
    pub async fn lock_for_refresh(&self, id: Id) -> Result<Option<LockedSession<'_>>, Failure> {
        // Cannot fail: the semaphore is never closed.
        let permit = self.refreshes.acquire().await.map_err(anyhow::Error::new)?;
        let mut transaction = self.pool.begin().await?;
        let row = query_file!("sql/sessions/lock_for_refresh.sql", &id.0).fetch_optional(&mut *transaction).await?;
        Ok(row.map(|row| LockedSession {
            id,
            access: Access { secs_left: row.access_secs_left, refresh_paused: row.refresh_paused },
            sealed: Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id },
            cognito_user_id: row.cognito_user_id,
            seal: self.seal.clone(),
            transaction,
            _permit: permit,
        }))
    }

    /// Deletes a session. Returns its refresh token, if the session exists and its token can be decrypted.
    pub async fn delete(&self, id: Id) -> Result<Option<SecretString>, Failure> {
        let row = query_file_as!(DeletedRow, "sql/sessions/delete.sql", &id.0).fetch_optional(&self.pool).await?;
        Ok(row.and_then(|row| self.open(row)))
    }

    /// Deletes all sessions of a user. Returns their refresh tokens.
    pub async fn delete_of_user(&self, user: user::Id) -> Result<Vec<SecretString>, Failure> {
        let rows = query_file_as!(DeletedRow, "sql/sessions/delete_of_user.sql", user.0).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|row| self.open(row)).collect())
    }

    /// Deletes expired sessions and returns their number. Must be called regularly.
    pub async fn delete_expired(&self) -> Result<u64, Failure> {
        Ok(query_file!("sql/sessions/delete_expired.sql").execute(&self.pool).await?.rows_affected())
    }

    fn open(&self, row: DeletedRow) -> Option<SecretString> {
        let sealed = Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id };
        self.seal.open(&sealed, &row.id_hash)
    }
}

/// A session whose row is locked. Dropping it rolls back and releases the lock.
pub struct LockedSession<'a> {
    id: Id,
    /// State of the access token as of the lock. A concurrent request may have refreshed it before.
    pub access: Access,
    cognito_user_id: String,
    sealed: Sealed,
    seal: Arc<Seal>,
    transaction: sqlx::PgTransaction<'static>,
    _permit: SemaphorePermit<'a>,
}

impl LockedSession<'_> {
    /// Returns the refresh token and the user's id in the pool. `None` if the token cannot be decrypted.
    pub fn refresh_token(&self) -> Option<(SecretString, Uuid)> {
        Some((self.seal.open(&self.sealed, &self.id.0)?, self.cognito_user_id.parse().ok()?))
    }

    /// Stores the result of a refresh and releases the lock.
    pub async fn save_tokens(
        mut self,
        access_ends_at: OffsetDateTime,
        refresh_token: Option<&SecretString>,
    ) -> Result<(), Failure> {
        let sealed = refresh_token.map(|token| self.seal.seal(token, &self.id.0));
        let (bytes, key_id) = sealed.map(|sealed| (sealed.bytes, sealed.key_id)).unzip();
        query_file!(
            "sql/sessions/save_tokens.sql",
            &self.id.0,
            bytes as Option<Vec<u8>>,
            key_id as Option<String>,
            access_ends_at
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.transaction.commit().await?)
    }

    /// Pauses refreshes of the session for `secs` seconds after a failed one, and releases the lock.
    pub async fn pause_refresh(mut self, secs: f64) -> Result<(), Failure> {
        query_file!("sql/sessions/pause_refresh.sql", &self.id.0, secs).execute(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Deletes the session and releases the lock.
    pub async fn delete(mut self) -> Result<(), Failure> {
        query_file_as!(DeletedRow, "sql/sessions/delete.sql", &self.id.0)
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }
}
