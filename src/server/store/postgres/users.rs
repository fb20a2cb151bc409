//! People, in PostgreSQL.

use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::user::{DisplayName, Handle, Id, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::new_user::{Arrival, Newcomer};

/// The most people that a search finds.
pub const SEARCH_RESULTS_MAX: i64 = 10;

/// How often a person's first sign-in is tried again when others take the handles that it chose.
const CREATE_TRIES_MAX: usize = 5;

/// How many of these tries may go to others before the handle is chosen so that nobody else wants it.
const RACES_MAX: usize = 2;

/// What `cognito_user_id` is for whom nobody has linked to the user pool yet. The old app's seeds wrote it.
const UNLINKED: &str = "MOCK";

/// What became of an account of the user pool that was to be linked to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// To this person, now.
    Made(User),
    /// To this person, before.
    Already(User),
    /// The person with the e-mail or the handle has another account.
    Taken,
    /// Nobody has the e-mail or the handle.
    Nobody,
}

/// The table `users`. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct Users {
    pool: PgPool,
}

/// A row, as far as others may see it.
struct Row {
    uuid: Uuid,
    handle: String,
    display_name: String,
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
    /// The table behind these connections.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The person with this handle. One query.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/by_handle.sql", handle.as_str()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// The people with these ids, in no order; ids without a row are left out. One query.
    pub async fn by_ids(&self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = query_file_as!(Row, "sql/users/by_ids.sql", &ids).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// The person whom the user pool calls by this `sub`. One query.
    pub async fn by_cognito_user_id(&self, sub: Uuid) -> Result<Option<User>, Failure> {
        let row =
            query_file_as!(Row, "sql/users/by_cognito_user_id.sql", sub.to_string()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// People whose handle or name begins like `text` (names: any word of it), without `me`, best first, at most
    /// [`SEARCH_RESULTS_MAX`]. Capitals and a leading `@` do not count. Nobody for a blank text. One query.
    pub async fn search(&self, text: &str, me: Id) -> Result<Vec<User>, Failure> {
        let text = text.trim();
        let text = text.strip_prefix('@').unwrap_or(text);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let pattern = literal_pattern(&text.to_lowercase());
        let rows = query_file_as!(Row, "sql/users/search.sql", pattern, me.0, SEARCH_RESULTS_MAX)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// The row of a person who has signed in; the first time, this makes it. Safe to run twice at once. A handle that
    /// somebody else has is varied until it is free; an e-mail that somebody else has is a conflict.
    pub async fn arrive(&self, newcomer: &Newcomer) -> Result<Arrival, Failure> {
        for attempt in 0..CREATE_TRIES_MAX {
            if let Some(user) = self.by_cognito_user_id(newcomer.sub).await? {
                return Ok(Arrival { user, handle_changed: false });
            }
            let user = match self.adopt(newcomer).await? {
                Some(user) => Some(user),
                None => self.create(newcomer, attempt).await?,
            };
            if let Some(user) = user {
                let handle_changed = newcomer.lacks(&user.handle);
                return Ok(Arrival { user, handle_changed });
            }
            self.refuse_taken_email(newcomer).await?;
        }
        Err(Failure::Unexpected(anyhow::anyhow!("no free handle for {} in {CREATE_TRIES_MAX} tries", newcomer.sub)))
    }

    /// Makes the row of a person whose account is not known yet. None where the handle or the e-mail is somebody's already.
    pub async fn introduce(&self, name: &DisplayName, handle: &Handle, email: &str) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/create.sql", name.as_str(), handle.as_str(), email, UNLINKED)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(User::from))
    }

    /// Links an account of the user pool to the person with its e-mail, or else with its handle, unless that person has
    /// another account. The e-mail must have been proved to be the account's.
    pub async fn link(&self, sub: Uuid, email: Option<&str>, handle: Option<&str>) -> Result<Link, Failure> {
        if let Some(user) = self.by_cognito_user_id(sub).await? {
            return Ok(Link::Already(user));
        }
        let row = query_file_as!(Row, "sql/users/link.sql", sub.to_string(), email, handle)
            .fetch_optional(&self.pool)
            .await?;
        if let Some(row) = row {
            return Ok(Link::Made(row.into()));
        }
        let claimed = query_file_scalar!("sql/users/claimed.sql", email, handle).fetch_one(&self.pool).await?;
        Ok(if claimed { Link::Taken } else { Link::Nobody })
    }

    /// Forgets which account the person with this e-mail has, unless it is `sub`: their next sign-in links them anew.
    pub async fn unlink(&self, email: &str, sub: Uuid) -> Result<(), Failure> {
        query_file!("sql/users/unlink.sql", email, sub.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Whom nobody has linked to the user pool yet, by handle.
    pub async fn unlinked(&self) -> Result<Vec<User>, Failure> {
        let rows = query_file_as!(Row, "sql/users/unlinked.sql").fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }

    /// Whether a person shows what they have received and read; not where there is no such person. One query.
    pub async fn receipts(&self, id: Id) -> Result<bool, Failure> {
        let shown = query_file_scalar!("sql/users/receipts.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(shown.unwrap_or(false))
    }

    /// Changes what [`Users::receipts`] answers. One query.
    pub async fn set_receipts(&self, id: Id, shown: bool) -> Result<(), Failure> {
        query_file!("sql/users/set_receipts.sql", id.0, shown).execute(&self.pool).await?;
        Ok(())
    }

    /// Whether both people show what they have received and read. One query.
    pub async fn both_show_receipts(&self, one: Id, other: Id) -> Result<bool, Failure> {
        Ok(query_file_scalar!("sql/users/both_show_receipts.sql", one.0, other.0).fetch_one(&self.pool).await?)
    }

    /// Links the row that the old app made for the same mailbox, if the person has proved that it is theirs.
    async fn adopt(&self, newcomer: &Newcomer) -> Result<Option<User>, Failure> {
        if !newcomer.email_verified {
            return Ok(None);
        }
        let row = query_file_as!(Row, "sql/users/adopt.sql", newcomer.sub.to_string(), newcomer.email)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(User::from))
    }

    /// Makes the row, with the first handle that is free. None where somebody was quicker, or has the e-mail.
    async fn create(&self, newcomer: &Newcomer, attempt: usize) -> Result<Option<User>, Failure> {
        let mut candidates = newcomer.handle_candidates();
        if attempt >= RACES_MAX {
            // Many want the same handle at this moment. The last candidate is random, and meets nobody.
            candidates.drain(..candidates.len() - 1);
        }
        let taken = query_file_scalar!("sql/users/taken_handles.sql", &candidates[..]).fetch_all(&self.pool).await?;
        let Some(handle) = candidates.iter().find(|candidate| !taken.contains(candidate)) else {
            return Ok(None);
        };
        let row = query_file_as!(
            Row,
            "sql/users/create.sql",
            newcomer.display_name(handle),
            handle,
            newcomer.email,
            newcomer.sub.to_string()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(User::from))
    }

    /// Another account with the same mailbox: the old one's messages are not for whoever has the address now.
    async fn refuse_taken_email(&self, newcomer: &Newcomer) -> Result<(), Failure> {
        let taken = query_file_scalar!("sql/users/email_taken.sql", newcomer.email, newcomer.sub.to_string())
            .fetch_one(&self.pool)
            .await?;
        if taken {
            let reason = "This e-mail address belongs to another account here. Please ask us to sort it out.";
            return Err(AppError::Conflict(reason.to_owned()).into());
        }
        Ok(())
    }
}

/// A text as a pattern in which `like` finds nothing special.
fn literal_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
