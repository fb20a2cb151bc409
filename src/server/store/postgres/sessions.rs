//! Who is signed in, in PostgreSQL.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::SecretString;
use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use time::OffsetDateTime;
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::domain::user::{self, DisplayName, Handle, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::seal::{Seal, Sealed};

/// How many refreshes one server has under way. Each holds a connection while the user pool answers, and the rest of the
/// connections is for everybody else.
const REFRESHES_MAX: usize = 5;

/// The most characters of a browser's name that are kept.
pub const USER_AGENT_LEN_MAX: usize = 200;

/// Names a session in the store: the SHA-256 of the cookie's secret, so that a copy of the table signs nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub [u8; 32]);

/// The table `sessions`. Cloning copies handles.
#[derive(Clone)]
pub struct Sessions {
    pool: PgPool,
    seal: Arc<Seal>,
    refreshes: Arc<Semaphore>,
}

/// A session to be.
#[derive(Debug)]
pub struct NewSession {
    /// Whose.
    pub user: user::Id,
    /// For new access tokens.
    pub refresh_token: SecretString,
    /// When the access token ends.
    pub access_ends_at: OffsetDateTime,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// A session that is not over.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub user: User,
    /// How the access token stands.
    pub access: Access,
    /// Whether the visit is worth a note: the last one was some minutes ago.
    pub seen_long_ago: bool,
}

/// How the access token of a session stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// Seconds until it ends; below zero, since it ended.
    pub secs_left: f64,
    /// Whether the user pool could not be asked a moment ago, so that it is not asked now.
    pub refresh_paused: bool,
}

/// A row as it is deleted.
struct Deleted {
    id_hash: Vec<u8>,
    refresh_token_sealed: Vec<u8>,
    seal_key_id: String,
}

impl Sessions {
    /// The table behind these connections. The key is 32 bytes in base64; anything else is refused.
    pub fn new(pool: PgPool, key: &SecretString) -> anyhow::Result<Self> {
        let seal = Arc::new(Seal::parse(key)?);
        Ok(Self { pool, seal, refreshes: Arc::new(Semaphore::new(REFRESHES_MAX)) })
    }

    /// Begins a session: 30 days at most, 7 without a visit. One statement.
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

    /// The session and its person, in one query. None for one that is over.
    pub async fn find(&self, id: Id) -> Result<Option<Session>, Failure> {
        let row = query_file!("sql/sessions/find.sql", &id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| Session {
            user: User {
                id: user::Id(row.uuid),
                handle: Handle::stored(row.handle),
                display_name: DisplayName::stored(row.display_name),
            },
            access: Access { secs_left: row.access_secs_left, refresh_paused: row.refresh_paused },
            seen_long_ago: row.seen_long_ago,
        }))
    }

    /// Those of these sessions that are not over. One query.
    pub async fn alive(&self, ids: &[Id]) -> Result<HashSet<Id>, Failure> {
        let hashes: Vec<_> = ids.iter().map(|id| id.0.to_vec()).collect();
        let alive = query_file_scalar!("sql/sessions/alive.sql", &hashes).fetch_all(&self.pool).await?;
        Ok(alive.into_iter().filter_map(|hash| Some(Id(hash.try_into().ok()?))).collect())
    }

    /// Notes a visit: the session's idle time begins anew.
    pub async fn seen(&self, id: Id) -> Result<(), Failure> {
        query_file!("sql/sessions/seen.sql", &id.0).execute(&self.pool).await?;
        Ok(())
    }

    /// Locks a session for a refresh; waits for whoever has it. None for one that is over.
    pub async fn lock_for_refresh(&self, id: Id) -> Result<Option<Locked<'_>>, Failure> {
        // The semaphore is never closed, so this only waits.
        let permit = self.refreshes.acquire().await.map_err(anyhow::Error::new)?;
        let mut transaction = self.pool.begin().await?;
        let row = query_file!("sql/sessions/lock_for_refresh.sql", &id.0).fetch_optional(&mut *transaction).await?;
        Ok(row.map(|row| Locked {
            id,
            access: Access { secs_left: row.access_secs_left, refresh_paused: row.refresh_paused },
            sealed: Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id },
            cognito_user_id: row.cognito_user_id,
            seal: self.seal.clone(),
            transaction,
            _permit: permit,
        }))
    }

    /// Ends a session. What comes back is its refresh token, if there was one and its seal opens.
    pub async fn delete(&self, id: Id) -> Result<Option<SecretString>, Failure> {
        let row = query_file_as!(Deleted, "sql/sessions/delete.sql", &id.0).fetch_optional(&self.pool).await?;
        Ok(row.and_then(|row| self.open(row)))
    }

    /// Ends every session of a person. What comes back are their refresh tokens.
    pub async fn delete_of_user(&self, user: user::Id) -> Result<Vec<SecretString>, Failure> {
        let rows = query_file_as!(Deleted, "sql/sessions/delete_of_user.sql", user.0).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|row| self.open(row)).collect())
    }

    /// Ends every session of whoever has this mailbox. What comes back are their refresh tokens.
    pub async fn delete_of_email(&self, email: &str) -> Result<Vec<SecretString>, Failure> {
        let rows = query_file_as!(Deleted, "sql/sessions/delete_of_email.sql", email).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|row| self.open(row)).collect())
    }

    /// Drops the rows of sessions that are over, and says how many. To be called now and then.
    pub async fn delete_expired(&self) -> Result<u64, Failure> {
        Ok(query_file!("sql/sessions/delete_expired.sql").execute(&self.pool).await?.rows_affected())
    }

    fn open(&self, row: Deleted) -> Option<SecretString> {
        let sealed = Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id };
        self.seal.open(&sealed, &row.id_hash)
    }
}

/// A session that nobody else can refresh while this lives. Dropping it leaves the row as it was.
pub struct Locked<'a> {
    id: Id,
    /// How the access token stands now that the row is locked.
    pub access: Access,
    cognito_user_id: String,
    sealed: Sealed,
    seal: Arc<Seal>,
    transaction: sqlx::PgTransaction<'static>,
    _permit: SemaphorePermit<'a>,
}

impl Locked<'_> {
    /// The refresh token, and the user pool's id of the person. None where the seal does not open.
    pub fn refresh_token(&self) -> Option<(SecretString, Uuid)> {
        Some((self.seal.open(&self.sealed, &self.id.0)?, self.cognito_user_id.parse().ok()?))
    }

    /// Keeps what a refresh gave, and lets go.
    pub async fn refreshed(
        mut self,
        access_ends_at: OffsetDateTime,
        refresh_token: Option<&SecretString>,
    ) -> Result<(), Failure> {
        let sealed = refresh_token.map(|token| self.seal.seal(token, &self.id.0));
        let (bytes, key_id) = sealed.map(|sealed| (sealed.bytes, sealed.key_id)).unzip();
        query_file!(
            "sql/sessions/refreshed.sql",
            &self.id.0,
            bytes as Option<Vec<u8>>,
            key_id as Option<String>,
            access_ends_at
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.transaction.commit().await?)
    }

    /// Notes that the user pool could not be asked: nobody asks again for `secs` seconds. Lets go.
    pub async fn pause(mut self, secs: f64) -> Result<(), Failure> {
        query_file!("sql/sessions/pause_refresh.sql", &self.id.0, secs).execute(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Ends the session.
    pub async fn delete(mut self) -> Result<(), Failure> {
        query_file_as!(Deleted, "sql/sessions/delete.sql", &self.id.0).fetch_optional(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }
}
