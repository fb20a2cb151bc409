//! Links of users to the accounts of the user pool, in the table `users`.

use cruddur_messages::domain::user::{DisplayName, Handle, User};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::postgres::users::{Row, Users};
use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use uuid::Uuid;

/// Value of `cognito_user_id` for users not yet linked to the user pool. Comes from the seeds of the legacy app.
const UNLINKED: &str = "MOCK";

/// Outcome of linking an account of the user pool to a user.
pub enum Link {
    /// The account is now linked to this user.
    Linked(User),
    /// The account was already linked to this user.
    AlreadyLinked(User),
    /// The user with the e-mail or the handle is linked to another account.
    Taken,
    /// No user has the e-mail or the handle.
    NotFound,
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

    /// Links an account of the user pool to the user with its e-mail, or else with its handle, unless that user is
    /// linked to another account. The pool must have verified the e-mail.
    pub async fn link(&self, sub: Uuid, email: Option<&str>, handle: Option<&str>) -> Result<Link, Failure> {
        if let Some(user) = Users::new(self.pool.clone()).by_cognito_user_id(sub).await? {
            return Ok(Link::AlreadyLinked(user));
        }
        let row = query_file_as!(Row, "sql/users/link.sql", sub.to_string(), email, handle)
            .fetch_optional(&self.pool)
            .await?;
        if let Some(row) = row {
            return Ok(Link::Linked(row.into()));
        }
        let claimed = query_file_scalar!("sql/users/claimed.sql", email, handle).fetch_one(&self.pool).await?;
        Ok(if claimed { Link::Taken } else { Link::NotFound })
    }

    /// Unlinks the user with this e-mail from the user pool, unless the linked account is `sub`. The next sign-in links
    /// the user again.
    pub async fn unlink(&self, email: &str, sub: Uuid) -> Result<(), Failure> {
        query_file!("sql/users/unlink.sql", email, sub.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns all users who are not linked to the user pool yet, ordered by handle.
    pub async fn unlinked(&self) -> Result<Vec<User>, Failure> {
        let rows = query_file_as!(Row, "sql/users/unlinked.sql").fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }
}
