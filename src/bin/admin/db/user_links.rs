//! Links of users to the accounts of the user pool, in the table `users`.

use cruddur_messages::domain::user::{DisplayName, Handle, Id, User};
use cruddur_messages::server::audit::{Entry, Event, insert};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::postgres::users::{Row, Users};
use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use uuid::Uuid;

use crate::recorded::act;

/// Value of `cognito_user_id` for users not yet linked to the user pool. Comes from the seeds of the legacy app.
pub const UNLINKED: &str = "MOCK";

/// Outcome of linking an account of the user pool to a user.
pub enum Link {
    /// The account is now linked to this user.
    Linked(User),
    /// The account was already linked to this user.
    AlreadyLinked(User),
    /// The user with the e-mail is linked to another account.
    Taken,
    /// No user has the e-mail.
    NotFound,
}

/// User who is not linked to the user pool.
pub struct UnlinkedUser {
    pub uuid: Uuid,
    pub handle: String,
    pub email: Option<String>,
}

/// User and the account to which the user is linked.
pub struct LinkedUser {
    pub uuid: Uuid,
    /// [`UNLINKED`], or the account's `sub`.
    pub cognito_user_id: String,
}

/// The links in the table `users`.
pub struct UserLinks {
    pool: PgPool,
}

impl UserLinks {
    /// Creates a handle for the table.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Creates a user who is not linked to the user pool yet. `None` if the handle or the e-mail is taken. One query.
    pub async fn insert(&self, name: &DisplayName, handle: &Handle, email: &str) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/create.sql", name.as_str(), handle.as_str(), email, UNLINKED)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(User::from))
    }

    /// Links an account of the user pool to the user with its e-mail, unless that user is linked to another account.
    /// The pool must have verified the e-mail.
    pub async fn link_by_email(&self, sub: Uuid, email: Option<&str>) -> Result<Link, Failure> {
        if let Some(user) = self.user_of(sub).await? {
            return Ok(Link::AlreadyLinked(user));
        }
        let Some(email) = email else { return Ok(Link::NotFound) };
        let mut transaction = self.pool.begin().await?;
        let row = query_file_as!(Row, "sql/users/link_by_email.sql", sub.to_string(), email)
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(row) = row {
            insert(&mut *transaction, &[linked(&row)]).await?;
            transaction.commit().await?;
            return Ok(Link::Linked(row.into()));
        }
        let taken = query_file_scalar!("sql/users/has_email.sql", email).fetch_one(&self.pool).await?;
        Ok(if taken { Link::Taken } else { Link::NotFound })
    }

    /// Links an account of the user pool to an unlinked user. `None` if either has a link already.
    pub async fn link(&self, sub: Uuid, user: Id) -> Result<Option<User>, Failure> {
        let mut transaction = self.pool.begin().await?;
        let row = query_file_as!(Row, "sql/users/link.sql", sub.to_string(), user.0);
        let row = row.fetch_optional(&mut *transaction).await?;
        insert(&mut *transaction, &row.iter().map(linked).collect::<Vec<_>>()).await?;
        transaction.commit().await?;
        Ok(row.map(User::from))
    }

    /// Unlinks the user with this e-mail from the user pool, unless the linked account is `sub`. The next sign-in links
    /// the user again.
    pub async fn unlink(&self, email: &str, sub: Uuid) -> Result<(), Failure> {
        query_file!("sql/users/unlink.sql", email, sub.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns the user who is linked to an account.
    pub async fn user_of(&self, sub: Uuid) -> Result<Option<User>, Failure> {
        Users::new(self.pool.clone()).by_cognito_user_id(sub).await
    }

    /// Returns the user with a handle, which may be one of the legacy app.
    pub async fn by_handle(&self, handle: &str) -> Result<Option<LinkedUser>, Failure> {
        let user = query_file_as!(LinkedUser, "sql/users/account_of_handle.sql", handle);
        Ok(user.fetch_optional(&self.pool).await?)
    }

    /// Gives a user to another account, whose e-mail the user pool has verified, and ends all sessions of the user.
    /// Returns the users who lose that account or that e-mail.
    pub async fn relink(&self, user: Id, sub: Uuid, email: &str) -> Result<Vec<User>, Failure> {
        let sub = sub.to_string();
        let mut transaction = self.pool.begin().await?;
        let others = query_file_as!(Row, "sql/users/relink_away.sql", sub, user.0, email);
        let others = others.fetch_all(&mut *transaction).await?;
        query_file!("sql/users/relink.sql", sub, user.0, email).execute(&mut *transaction).await?;
        for ended in others.iter().map(|row| row.uuid).chain([user.0]) {
            query_file!("sql/sessions/delete_of_user.sql", ended).fetch_all(&mut *transaction).await?;
        }
        insert(&mut *transaction, &[act(Event::AdminRelink, "db relink-user").of(user)]).await?;
        transaction.commit().await?;
        Ok(others.into_iter().map(User::from).collect())
    }

    /// Returns all users who are not linked to the user pool yet, ordered by handle.
    pub async fn unlinked(&self) -> Result<Vec<UnlinkedUser>, Failure> {
        Ok(query_file_as!(UnlinkedUser, "sql/users/unlinked.sql").fetch_all(&self.pool).await?)
    }
}

/// Creates the entry of a link for the audit log.
fn linked(row: &Row) -> Entry {
    act(Event::AdminLink, "db update-cognito-user-ids").of(Id(row.uuid))
}
