//! Deletions of users, in PostgreSQL: the request, its withdrawal, and the work on it.

use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use uuid::Uuid;

use crate::domain::user::Id;
use crate::server::audit::{Entry, insert};
use crate::server::failure::Failure;
use crate::server::store::postgres::notifications::notify;
use crate::server::store::postgres::remembered::ChangedRows;
use crate::server::store::postgres::session_rows::{self, DeletedRow};
use crate::server::store::postgres::users::Users;

/// User whose deletion has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeavingUser {
    pub id: Id,
    /// Account in the user pool.
    pub account: Option<Uuid>,
    pub deletes_messages: bool,
    /// State of the deletion of messages, or of the removal of names, as [`Deletions::advance`] has stored it.
    pub cursor: Option<String>,
}

/// Deletions in the table `users`. Cloning copies handles.
#[derive(Debug, Clone)]
pub struct Deletions {
    pool: PgPool,
    users: Users,
}

impl Deletions {
    /// Creates a handle for the table. `users` forgets the users that change.
    pub fn new(pool: PgPool, users: &Users) -> Self {
        Self { pool, users: users.clone() }
    }

    /// Requests the deletion of a user, also of their messages. From now on the user is not found, has no active
    /// session, and no accepted token. One query.
    pub async fn request(&self, id: Id, deletes_messages: bool) -> Result<(), Failure> {
        let _changing = self.users.profiles().changing(&[id]);
        query_file!("sql/deletions/request.sql", id.0, deletes_messages).execute(&self.pool).await?;
        Ok(())
    }

    /// Withdraws the request of a user who has signed in. Returns false if there is none, or if the deletion has begun.
    /// One query.
    pub async fn withdraw(&self, id: Id) -> Result<bool, Failure> {
        let _changing = self.users.profiles().changing(&[id]);
        let row = query_file_scalar!("sql/deletions/withdraw.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(row.is_some())
    }

    /// Begins or continues the deletion of a user whose time has come, for five minutes. `None` if there is none on
    /// whom no other process works. One query.
    pub async fn claim(&self) -> Result<Option<LeavingUser>, Failure> {
        let row = query_file!("sql/deletions/claim.sql").fetch_optional(&self.pool).await?;
        Ok(row.map(|row| LeavingUser {
            id: Id(row.uuid),
            account: row.cognito_user_id.parse().ok(),
            deletes_messages: row.deletes_messages,
            cursor: row.deletion_cursor,
        }))
    }

    /// Stores how far a user's messages or names have been removed, and prolongs the time of this process. One query.
    pub async fn advance(&self, id: Id, cursor: Option<&str>) -> Result<(), Failure> {
        query_file!("sql/deletions/advance.sql", id.0, cursor).execute(&self.pool).await?;
        Ok(())
    }

    /// Deletes the row of a user whose deletion has begun, with their sessions, reserves their handle, and adds the
    /// entry to the audit log. Does nothing if there is no such user. One transaction.
    pub async fn erase(&self, id: Id, entry: &Entry) -> Result<(), Failure> {
        let _changing = self.users.profiles().changing(&[id]);
        let mut transaction = self.pool.begin().await?;
        query_file_scalar!("sql/deletions/lock_handle.sql", id.0).fetch_optional(&mut *transaction).await?;
        query_file!("sql/deletions/reserve_handle.sql", id.0).execute(&mut *transaction).await?;
        query_file!("sql/deletions/remember.sql", id.0).execute(&mut *transaction).await?;
        let sessions = query_file_as!(DeletedRow, "sql/sessions/delete_of_user.sql", id.0);
        let sessions = sessions.fetch_all(&mut *transaction).await?;
        if query_file!("sql/deletions/erase.sql", id.0).execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(());
        }
        let sessions = sessions.into_iter().filter_map(|row| Some(session_rows::Id(row.id_hash.try_into().ok()?)));
        notify(&mut transaction, &ChangedRows { sessions: sessions.collect(), users: vec![id] }).await?;
        insert(&mut *transaction, std::slice::from_ref(entry)).await?;
        Ok(transaction.commit().await?)
    }

    /// Releases the handles that have been reserved for long enough. One query.
    pub async fn release_handles(&self) -> Result<(), Failure> {
        query_file!("sql/deletions/release_handles.sql").execute(&self.pool).await?;
        Ok(())
    }
}
