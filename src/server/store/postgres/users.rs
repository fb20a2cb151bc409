//! Users, in PostgreSQL.

use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use uuid::Uuid;

use crate::domain::error::{AppError, Conflict};
use crate::domain::user::{DisplayName, Handle, Id, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::new_user::{NewUser, SignedInUser};

/// Maximum number of users that a search returns.
pub const SEARCH_RESULTS_MAX: i64 = 10;

/// Maximum number of attempts to create a user, if concurrent sign-ups take the chosen handles.
const CREATE_ATTEMPTS_MAX: usize = 5;

/// Number of these attempts with a meaningful handle. The following ones use a random one, which does not collide.
const PREFERRED_ATTEMPTS_MAX: usize = 2;

/// The table `users`. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct Users {
    pool: PgPool,
}

/// The public columns of a row.
pub struct Row {
    pub uuid: Uuid,
    pub handle: String,
    pub display_name: String,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: Id(row.uuid),
            handle: Handle::stored(row.handle),
            display_name: DisplayName::stored(row.display_name),
        }
    }
}

impl Users {
    /// Creates a handle for the table.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Returns the user with this handle. One query.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/by_handle.sql", handle.as_str()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns the users with these ids in undefined order. Unknown ids are left out. One query.
    pub async fn by_ids(&self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = query_file_as!(Row, "sql/users/by_ids.sql", &ids).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Returns the user with this id in the user pool. One query.
    pub async fn by_cognito_user_id(&self, sub: Uuid) -> Result<Option<User>, Failure> {
        let row =
            query_file_as!(Row, "sql/users/by_cognito_user_id.sql", sub.to_string()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns users whose handle or a word of whose name starts with `text`, best matches first, without `me`, at most
    /// [`SEARCH_RESULTS_MAX`]. Ignores case and a leading `@`. Empty for a blank text. One query.
    pub async fn search(&self, text: &str, me: Id) -> Result<Vec<User>, Failure> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = escape_like(&text.to_lowercase());
        let rows =
            query_file_as!(Row, "sql/users/search.sql", prefix, me.0, SEARCH_RESULTS_MAX).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Returns the row of a user who has signed in, and creates it at the first sign-in. Safe to run concurrently. A
    /// taken handle is varied until it is free; a taken e-mail is a conflict.
    pub async fn find_or_create(&self, new_user: &NewUser) -> Result<SignedInUser, Failure> {
        for attempt in 0..CREATE_ATTEMPTS_MAX {
            if let Some(user) = self.by_cognito_user_id(new_user.sub).await? {
                return Ok(SignedInUser { user, handle_changed: false });
            }
            let user = match self.claim_legacy_user(new_user).await? {
                Some(user) => Some(user),
                None => self.create(new_user, attempt).await?,
            };
            if let Some(user) = user {
                let handle_changed = new_user.requested_other_than(&user.handle);
                return Ok(SignedInUser { user, handle_changed });
            }
            self.reject_taken_email(new_user).await?;
        }
        Err(Failure::Unexpected(anyhow::anyhow!(
            "no free handle for {} in {CREATE_ATTEMPTS_MAX} attempts",
            new_user.sub
        )))
    }

    /// Returns true if the user has receipts turned on, and false for an unknown user. One query.
    pub async fn shows_receipts(&self, id: Id) -> Result<bool, Failure> {
        let shown = query_file_scalar!("sql/users/receipts.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(shown.unwrap_or(false))
    }

    /// Turns the user's receipts on or off. One query.
    pub async fn set_receipts(&self, id: Id, shown: bool) -> Result<(), Failure> {
        query_file!("sql/users/set_receipts.sql", id.0, shown).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns those of these users who have receipts turned on, in undefined order. One query.
    pub async fn showing_receipts(&self, ids: &[Id]) -> Result<Vec<Id>, Failure> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let shown = query_file_scalar!("sql/users/showing_receipts.sql", &ids).fetch_all(&self.pool).await?;
        Ok(shown.into_iter().map(Id).collect())
    }

    /// Links an unlinked row with the same e-mail, such as one of the legacy app. Does so only if the pool has verified
    /// the e-mail: otherwise a stranger could take over the row.
    async fn claim_legacy_user(&self, new_user: &NewUser) -> Result<Option<User>, Failure> {
        if !new_user.email_verified {
            return Ok(None);
        }
        let row = query_file_as!(Row, "sql/users/claim_legacy_user.sql", new_user.sub.to_string(), new_user.email)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(User::from))
    }

    /// Creates the row with the first free handle. `None` if a concurrent sign-up took it or the e-mail is taken.
    async fn create(&self, new_user: &NewUser, attempt: usize) -> Result<Option<User>, Failure> {
        let mut candidates = new_user.handle_candidates();
        if attempt >= PREFERRED_ATTEMPTS_MAX {
            // Many concurrent sign-ups want the same handle. The last candidate is random, so it does not collide.
            candidates.drain(..candidates.len() - 1);
        }
        let taken = query_file_scalar!("sql/users/taken_handles.sql", &candidates[..]).fetch_all(&self.pool).await?;
        let Some(handle) = candidates.iter().find(|candidate| !taken.contains(candidate)) else {
            return Ok(None);
        };
        let row = query_file_as!(
            Row,
            "sql/users/create.sql",
            new_user.display_name(handle),
            handle,
            new_user.email,
            new_user.sub.to_string()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(User::from))
    }

    /// Rejects an e-mail that belongs to another account. The mailbox may have a new owner, who must not get the
    /// messages of the previous one.
    async fn reject_taken_email(&self, new_user: &NewUser) -> Result<(), Failure> {
        let taken = query_file_scalar!("sql/users/email_taken.sql", new_user.email, new_user.sub.to_string())
            .fetch_one(&self.pool)
            .await?;
        if taken {
            return Err(AppError::Conflict(Conflict::EmailTaken).into());
        }
        Ok(())
    }
}

/// Escapes the wildcards of `LIKE`.
fn escape_like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
