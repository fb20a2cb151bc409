//! Access of a user to the site: suspension, sessions and tokens.

use cruddur_messages::domain::user::Id;
use cruddur_messages::server::audit::{Event, insert};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::postgres::notifications::notify;
use cruddur_messages::server::store::postgres::remembered::ChangedRows;
use cruddur_messages::server::store::postgres::sessions;
use sqlx::{PgConnection, PgPool, query_file, query_file_scalar};

use crate::recorded::act;

/// Access of users. Each change counts on all servers once it is committed.
pub struct UserAccess {
    pool: PgPool,
}

impl UserAccess {
    /// Creates a handle for the tables of users and sessions.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Suspends a user, and ends their sessions and tokens. Returns the number of ended sessions, or `None` for a user
    /// who is suspended already.
    pub async fn suspend(&self, user: Id) -> Result<Option<usize>, Failure> {
        let mut transaction = self.pool.begin().await?;
        let changed = query_file_scalar!("sql/users/suspend.sql", user.0).fetch_optional(&mut *transaction).await?;
        if changed.is_none() {
            return Ok(None);
        }
        let ended = end_sessions(&mut transaction, user).await?;
        insert(&mut *transaction, &[act(Event::AdminSuspend, "users suspend").of(user)]).await?;
        transaction.commit().await?;
        Ok(Some(ended))
    }

    /// Ends the suspension of a user. Returns false for a user who is not suspended.
    pub async fn restore(&self, user: Id) -> Result<bool, Failure> {
        let mut transaction = self.pool.begin().await?;
        let changed = query_file_scalar!("sql/users/restore.sql", user.0).fetch_optional(&mut *transaction).await?;
        notify(&mut transaction, &ChangedRows { users: vec![user], ..ChangedRows::default() }).await?;
        insert(&mut *transaction, &[act(Event::AdminRestore, "users restore").of(user)]).await?;
        transaction.commit().await?;
        Ok(changed.is_some())
    }

    /// Ends the sessions and tokens of a user. Returns the number of sessions.
    pub async fn end_sessions(&self, user: Id) -> Result<usize, Failure> {
        let mut transaction = self.pool.begin().await?;
        query_file!("sql/users/end_all_tokens.sql", user.0).execute(&mut *transaction).await?;
        let ended = end_sessions(&mut transaction, user).await?;
        insert(&mut *transaction, &[act(Event::AdminEndSessions, "users end-sessions").of(user)]).await?;
        transaction.commit().await?;
        Ok(ended)
    }
}

/// Deletes the sessions of a user, and makes the servers forget them and the user.
async fn end_sessions(connection: &mut PgConnection, user: Id) -> Result<usize, Failure> {
    let rows = query_file!("sql/sessions/delete_of_user.sql", user.0).fetch_all(&mut *connection).await?;
    let ids: Vec<_> = rows.into_iter().filter_map(|row| Some(sessions::Id(row.id_hash.try_into().ok()?))).collect();
    let ended = ids.len();
    notify(connection, &ChangedRows { sessions: ids, users: vec![user] }).await?;
    Ok(ended)
}
