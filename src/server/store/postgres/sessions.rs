//! Sessions of signed-in users, in PostgreSQL.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;
use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use crate::domain::{session, user};
use crate::server::failure::Failure;
use crate::server::store::postgres::locked_session::LockedSession;
use crate::server::store::postgres::profiles::ProfileRow;
use crate::server::store::postgres::recent::Recent;
use crate::server::store::postgres::seal::{Seal, Sealed};
pub use crate::server::store::postgres::session_rows::{Access, EndedSession, Id, ListedRow, Session};
use crate::server::store::postgres::session_rows::{DeletedRow, ReadSession};
use crate::server::store::postgres::users::Users;

/// Maximum number of concurrent token refreshes of one server. Each holds a connection while the user pool answers;
/// without the limit, a slow pool would take the connections of all other requests.
const REFRESHES_MAX: usize = 5;

/// Maximum number of remembered sessions. Each takes about half a kilobyte.
const REMEMBERED_MAX: u64 = 10_000;

/// Maximum stored length of a user agent, in characters.
pub const USER_AGENT_LEN_MAX: usize = 200;

/// The table `sessions`. Cloning copies handles.
#[derive(Clone)]
pub struct Sessions {
    pool: PgPool,
    seal: Arc<Seal>,
    refreshes: Arc<Semaphore>,
    users: Users,
    recent: Recent<Id, ReadSession>,
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
    /// Client address.
    pub address: Option<IpAddr>,
    /// Place of the client, if a proxy tells it.
    pub place: Option<String>,
}

impl Sessions {
    /// Creates a handle for the table. `keys` encrypt the refresh tokens.
    pub fn new(pool: PgPool, keys: &SecretString, users: Users) -> anyhow::Result<Self> {
        let seal = Arc::new(Seal::parse(keys)?);
        let recent = Recent::new("sessions", REMEMBERED_MAX);
        Ok(Self { pool, seal, refreshes: Arc::new(Semaphore::new(REFRESHES_MAX)), users, recent })
    }

    /// Returns the keys, which also seal what a browser keeps during a sign-in.
    pub fn seal(&self) -> &Seal {
        &self.seal
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
            user_agent,
            new.address.map(|address| address.to_string()),
            new.place
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns an active session with its user. One query, or none if the session has been read a moment ago.
    pub async fn find(&self, id: Id) -> Result<Option<Session>, Failure> {
        let mut session = self.remembered_or_read(id).await?;
        if session.as_ref().is_some_and(ReadSession::has_ended) {
            self.recent.forget_locally(&[id]);
            session = self.remembered_or_read(id).await?;
        }
        let Some(session) = session else { return Ok(None) };
        // The query for the session has read its user, too.
        let user = self.users.by_ids(&[session.user]).await?.pop();
        Ok(user.map(|user| session.with(user)))
    }

    async fn remembered_or_read(&self, id: Id) -> Result<Option<ReadSession>, Failure> {
        let found = self.recent.get_or_read([id], |ids| self.read(ids)).await?;
        Ok(found.into_iter().next().map(|(_, session)| session))
    }

    async fn read(&self, ids: Vec<Id>) -> Result<Vec<(Id, ReadSession)>, Failure> {
        let hashes: Vec<_> = ids.iter().map(|id| id.0.to_vec()).collect();
        let (read_at, reading) = (Instant::now(), self.users.profiles().begin());
        let rows = query_file!("sql/sessions/find.sql", &hashes).fetch_all(&self.pool).await?;
        let (mut sessions, mut profiles) = (Vec::new(), Vec::new());
        for row in rows {
            let Ok(id) = row.id_hash.try_into().map(Id) else { continue };
            let session = ReadSession {
                user: user::Id(row.uuid),
                read_at,
                idle_secs_left: row.idle_secs_left,
                access_secs_left: row.access_secs_left,
                pause_secs_left: row.pause_secs_left,
                visit_due_in_secs: row.visit_due_in_secs,
            };
            sessions.push((id, session));
            profiles.push(ProfileRow {
                uuid: row.uuid,
                handle: row.handle,
                display_name: row.display_name,
                receipts: row.receipts,
                presence: row.presence,
                last_seen_at: row.last_seen_at,
                cognito_user_id: row.cognito_user_id,
                tokens_valid_from: row.tokens_valid_from,
                // Others have no active session.
                is_suspended: false,
                is_leaving: false,
            });
        }
        self.users.profiles().remember(&reading, profiles.into_iter().map(Into::into));
        Ok(sessions)
    }

    /// Reads the sessions in use again. One query per thousand of them.
    pub(super) async fn confirm(&self) -> Result<(), Failure> {
        self.recent.confirm(|ids| self.read(ids)).await
    }

    /// Returns the remembered sessions.
    pub(super) fn recent(&self) -> &Recent<Id, ReadSession> {
        &self.recent
    }

    /// Returns those of these sessions that are active. One query.
    pub async fn active(&self, ids: &[Id]) -> Result<HashSet<Id>, Failure> {
        let hashes: Vec<_> = ids.iter().map(|id| id.0.to_vec()).collect();
        let active = query_file_scalar!("sql/sessions/active.sql", &hashes).fetch_all(&self.pool).await?;
        Ok(active.into_iter().filter_map(|hash| Some(Id(hash.try_into().ok()?))).collect())
    }

    /// Records a visit from a client address and place, which restarts the idle timeout of the session. One query.
    pub async fn record_visit(&self, id: Id, address: Option<IpAddr>, place: Option<&str>) -> Result<(), Failure> {
        let address = address.map(|address| address.to_string());
        query_file!("sql/sessions/record_visit.sql", &id.0, address, place).execute(&self.pool).await?;
        // The other servers may record the visit once more.
        self.recent.forget_locally(&[id]);
        Ok(())
    }

    /// Locks an active session for a token refresh. Waits for a concurrent refresh of the session to finish.
    pub async fn lock_for_refresh(&self, id: Id) -> Result<Option<LockedSession<'_>>, Failure> {
        // Cannot fail: the semaphore is never closed.
        let permit = self.refreshes.acquire().await.map_err(anyhow::Error::new)?;
        // Also forgotten if there is nothing to refresh: then the remembered session is out of date.
        let changing = self.recent.changing(&[id]);
        let mut transaction = self.pool.begin().await?;
        let row = query_file!("sql/sessions/lock_for_refresh.sql", &id.0).fetch_optional(&mut *transaction).await?;
        Ok(row.map(|row| LockedSession {
            id,
            access: Access { secs_left: row.access_secs_left, refresh_paused: row.refresh_paused },
            sealed: Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id },
            cognito_user_id: row.cognito_user_id,
            seal: self.seal.clone(),
            transaction,
            _changing: changing,
            _permit: permit,
        }))
    }

    /// Deletes a session. Returns its refresh token, if the session exists and its token can be decrypted.
    pub async fn delete(&self, id: Id) -> Result<Option<SecretString>, Failure> {
        let _changing = self.recent.changing(&[id]);
        let row = query_file_as!(DeletedRow, "sql/sessions/delete.sql", &id.0).fetch_optional(&self.pool).await?;
        Ok(row.and_then(|row| self.open(row)))
    }

    /// Deletes all sessions of a user. Returns their refresh tokens.
    pub async fn delete_of_user(&self, user: user::Id) -> Result<Vec<SecretString>, Failure> {
        let rows = query_file_as!(DeletedRow, "sql/sessions/delete_of_user.sql", user.0).fetch_all(&self.pool).await?;
        Ok(self.forget_deleted(rows))
    }

    /// Deletes all sessions of a user but the session `own`. Returns their refresh tokens.
    pub async fn delete_others(&self, user: user::Id, own: Id) -> Result<Vec<SecretString>, Failure> {
        let rows = query_file_as!(DeletedRow, "sql/sessions/delete_others.sql", user.0, &own.0);
        Ok(self.forget_deleted(rows.fetch_all(&self.pool).await?))
    }

    /// Deletes the session with this name, if it is one of the user.
    pub async fn delete_named(&self, name: session::Id, of: user::Id) -> Result<Option<EndedSession>, Failure> {
        let row = query_file_as!(DeletedRow, "sql/sessions/delete_named.sql", name.0, of.0);
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(None) };
        let Ok(id) = row.id_hash.as_slice().try_into().map(Id) else { return Ok(None) };
        self.recent.forget(&[id]);
        Ok(Some(EndedSession { id, refresh_token: self.open(row) }))
    }

    /// Returns the active sessions of a user, first the session `own`, then those that were used last. One query.
    pub async fn list_of_user(&self, user: user::Id, own: Option<Id>, max: usize) -> Result<Vec<ListedRow>, Failure> {
        let (own, max) = (own.map(|id| id.0.to_vec()).unwrap_or_default(), max as i64);
        let rows = query_file_as!(ListedRow, "sql/sessions/list_of_user.sql", user.0, own, max);
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// Deletes expired sessions and returns their number. Must be called regularly.
    pub async fn delete_expired(&self) -> Result<u64, Failure> {
        Ok(query_file!("sql/sessions/delete_expired.sql").execute(&self.pool).await?.rows_affected())
    }

    /// Forgets deleted sessions, and returns their refresh tokens.
    fn forget_deleted(&self, rows: Vec<DeletedRow>) -> Vec<SecretString> {
        let ids: Vec<_> = rows.iter().filter_map(|row| Some(Id(row.id_hash.as_slice().try_into().ok()?))).collect();
        self.recent.forget(&ids);
        rows.into_iter().filter_map(|row| self.open(row)).collect()
    }

    fn open(&self, row: DeletedRow) -> Option<SecretString> {
        let sealed = Sealed { bytes: row.refresh_token_sealed, key_id: row.seal_key_id };
        self.seal.open(&sealed, &row.id_hash)
    }
}
