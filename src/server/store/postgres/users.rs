//! Users, in PostgreSQL.

use sqlx::{PgPool, query_file, query_file_as, query_file_scalar};
use time::OffsetDateTime;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::settings::{Settings, Starters};
use crate::domain::user::{self, DisplayName, Handle, Id, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::new_user::{NewUser, SignedInUser};
use crate::server::store::postgres::profiles::Profiles;
use crate::server::store::postgres::searches::Searches;
use crate::server::store::postgres::words;

/// Maximum number of attempts to create a user, if concurrent sign-ups take the chosen handles.
const CREATE_ATTEMPTS_MAX: usize = 5;

/// Number of these attempts with a meaningful handle. The following ones use a random one, which does not collide.
const PREFERRED_ATTEMPTS_MAX: usize = 2;

/// The table `users`. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct Users {
    pub(super) pool: PgPool,
    searches: Searches,
    profiles: Profiles,
}

/// The public columns of a row.
pub struct Row {
    pub uuid: Uuid,
    pub handle: String,
    pub display_name: String,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self::stored(Id(row.uuid), row.handle, row.display_name)
    }
}

impl Users {
    /// Creates a handle for the table.
    pub fn new(pool: PgPool) -> Self {
        let profiles = Profiles::new(pool.clone());
        let searches = Searches::new(pool.clone());
        Self { pool, searches, profiles }
    }

    /// Returns the user with this handle. One query.
    pub async fn by_handle(&self, handle: &Handle) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/by_handle.sql", handle.as_str()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns the users with these ids in undefined order. Unknown ids are left out. One query, or none if all have
    /// been read a moment ago.
    pub async fn by_ids(&self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        let profiles = self.profiles.by_ids(ids).await?;
        Ok(profiles.into_iter().map(|profile| profile.user).collect())
    }

    /// Returns the users with these ids in this order, with a placeholder for each user whose row was deleted. Costs as
    /// much as [`Users::by_ids`].
    pub async fn by_ids_or_deleted(&self, ids: &[Id]) -> Result<Vec<User>, Failure> {
        let found = self.by_ids(ids).await?;
        let profile = |id: &Id| found.iter().find(|user| user.id == *id).cloned();
        Ok(ids.iter().map(|id| profile(id).unwrap_or_else(|| User::deleted(*id))).collect())
    }

    /// Returns the user with this id in the user pool. One query.
    pub async fn by_cognito_user_id(&self, sub: Uuid) -> Result<Option<User>, Failure> {
        let row =
            query_file_as!(Row, "sql/users/by_cognito_user_id.sql", sub.to_string()).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns the user with this verified e-mail. One query.
    pub async fn by_email(&self, email: &str) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/by_email.sql", email).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns the verified e-mail of a user. One query.
    pub async fn own_email(&self, id: Id) -> Result<Option<String>, Failure> {
        Ok(query_file_scalar!("sql/users/own_email.sql", id.0).fetch_optional(&self.pool).await?.flatten())
    }

    /// Returns the user with this handle as a client has written it: exactly so, or else without an `@` and in another
    /// case. The old app validated no handle, so a handle may be any text. One query.
    pub async fn by_written_handle(&self, written: &str) -> Result<Option<User>, Failure> {
        let bare = user::without_at_sign(written);
        // PostgreSQL cannot store a NUL.
        if bare.is_empty() || written.contains('\0') {
            return Ok(None);
        }
        let forms = [written, bare].map(str::to_owned).into_iter();
        // A keyboard composes accents, and some systems decompose them.
        let forms: Vec<String> =
            forms.flat_map(|form| [form.clone(), form.nfc().collect(), form.nfd().collect::<String>()]).collect();
        let mut rows = query_file_as!(Row, "sql/users/by_handles.sql", &forms).fetch_all(&self.pool).await?;
        let is = |row: &Row, form: &String| row.handle == *form;
        let folds_to = |row: &Row, form: &String| row.handle.to_lowercase() == form.to_lowercase();
        let best = forms.iter().find_map(|form| {
            rows.iter().position(|row| is(row, form)).or_else(|| rows.iter().position(|row| folds_to(row, form)))
        });
        Ok(best.map(|at| User::from(rows.swap_remove(at))))
    }

    /// Reports whether [`Users::matching`] would find a user if these were their current names.
    pub fn is_found(user: &User, text: &str) -> bool {
        words::finds(text, user.handle_text(), user.display_name.as_str())
    }

    /// Returns the row of a user who has signed in, and creates it at the first sign-in. Safe to run concurrently. A
    /// taken handle is varied until it is free. Only a verified e-mail is stored; it is taken from a user who had it
    /// before, because the mailbox has a new owner, who gets nothing else of that user.
    pub async fn find_or_create(&self, new_user: &NewUser) -> Result<SignedInUser, Failure> {
        for attempt in 0..CREATE_ATTEMPTS_MAX {
            if let Some(user) = self.by_cognito_user_id(new_user.sub).await? {
                self.follow_email(new_user.sub, new_user.verified_email()).await?;
                return Ok(SignedInUser { user, handle_changed: false });
            }
            let user = match self.claim_legacy_user(new_user).await? {
                Some(user) => Some(user),
                None => self.create(new_user, attempt).await?,
            };
            if let Some(user) = user {
                let handle_changed = new_user.requested_other_than(user.handle_text());
                return Ok(SignedInUser { user, handle_changed });
            }
        }
        Err(Failure::Unexpected(anyhow::anyhow!(
            "no free handle for {} in {CREATE_ATTEMPTS_MAX} attempts",
            new_user.sub
        )))
    }

    /// Stores the e-mail that the user pool has verified for an account, and takes it from the user who had it before.
    /// Two queries.
    pub async fn follow_email(&self, sub: Uuid, verified_email: Option<&str>) -> Result<(), Failure> {
        let sub = sub.to_string();
        if let Some(email) = verified_email {
            query_file!("sql/users/release_email.sql", sub, email).execute(&self.pool).await?;
        }
        match query_file!("sql/users/set_email.sql", sub, verified_email).execute(&self.pool).await {
            // A concurrent sign-in stored the same address. The next one of this account takes it.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
            result => Ok(result.map(drop)?),
        }
    }

    /// Returns the settings of a user; all off for an unknown one. One query, always: a form that showed old settings
    /// would save them again.
    pub async fn settings(&self, id: Id) -> Result<Settings, Failure> {
        let row = query_file!("sql/users/settings.sql", id.0).fetch_optional(&self.pool).await?;
        let off = Settings { receipts: false, presence: false, starters: Starters::default() };
        Ok(row.map_or(off, |row| Settings {
            receipts: row.receipts,
            presence: row.presence,
            starters: Starters::parse(&row.starters).unwrap_or_default(),
        }))
    }

    /// Saves the settings of a user. One query.
    pub async fn set_settings(&self, id: Id, settings: &Settings) -> Result<(), Failure> {
        let _changing = self.profiles.changing(&[id]);
        let Settings { receipts, presence, starters } = *settings;
        let update = query_file!("sql/users/set_settings.sql", id.0, receipts, presence, starters.as_str());
        update.execute(&self.pool).await?;
        Ok(())
    }

    /// Returns the user's own profile. One query, always: a form that showed an old name would save it again.
    pub async fn own_profile(&self, id: Id) -> Result<Option<User>, Failure> {
        let row = query_file_as!(Row, "sql/users/own_profile.sql", id.0).fetch_optional(&self.pool).await?;
        Ok(row.map(User::from))
    }

    /// Returns how many former handles are reserved for a user, apart from this one. One query.
    pub async fn reserved_handles(&self, id: Id, apart_from: &Handle) -> Result<usize, Failure> {
        let count = query_file_scalar!("sql/users/reserved_handles.sql", id.0, apart_from.as_str());
        Ok(usize::try_from(count.fetch_one(&self.pool).await?).unwrap_or(usize::MAX))
    }

    /// Gives a user another handle and name, and reserves the former handle. Returns false if the handle belongs to
    /// another user or is reserved for one. One query.
    pub async fn set_profile(&self, id: Id, handle: &Handle, name: &DisplayName) -> Result<bool, Failure> {
        let _changing = self.profiles.changing(&[id]);
        let row = query_file_scalar!("sql/users/set_profile.sql", id.0, handle.as_str(), name.as_str());
        match row.fetch_optional(&self.pool).await {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            row => Ok(row?.is_some()),
        }
    }

    /// Returns those of these users who have receipts turned on, in undefined order. One query, or none if all have
    /// been read a moment ago.
    pub async fn showing_receipts(&self, ids: &[Id]) -> Result<Vec<Id>, Failure> {
        let profiles = self.profiles.by_ids(ids).await?;
        Ok(profiles.into_iter().filter(|profile| profile.receipts).map(|profile| profile.user.id).collect())
    }

    /// Returns those of these users who have presence turned on, with the time when each was last online, in undefined
    /// order. One query, or none if all have been read a moment ago.
    pub async fn showing_presence(&self, ids: &[Id]) -> Result<Vec<(Id, Option<OffsetDateTime>)>, Failure> {
        let showing = self.profiles.by_ids(ids).await?.into_iter().filter(|profile| profile.presence);
        Ok(showing.map(|profile| (profile.user.id, profile.last_seen_at)).collect())
    }

    /// Stores that these users have just left, so that every server shows it at once. One query.
    pub async fn set_left(&self, ids: &[Id]) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let _changing = self.profiles.changing(ids);
        self.set_last_seen(ids).await
    }

    /// Stores that these users are online. Leaves out those who do not show presence. The servers may show it some
    /// seconds later. One query.
    pub async fn set_last_seen(&self, ids: &[Id]) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        query_file!("sql/users/set_last_seen.sql", &ids).execute(&self.pool).await?;
        Ok(())
    }

    /// Returns the remembered users.
    pub(super) fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Returns the connections of searches.
    pub(super) fn searches(&self) -> &Searches {
        &self.searches
    }

    /// Links an unlinked row with the same e-mail, such as one of the legacy app. Does so only if the pool has verified
    /// the e-mail: otherwise a stranger could take over the row.
    async fn claim_legacy_user(&self, new_user: &NewUser) -> Result<Option<User>, Failure> {
        let Some(email) = new_user.verified_email() else { return Ok(None) };
        let row = query_file_as!(Row, "sql/users/claim_legacy_user.sql", new_user.sub.to_string(), email)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(User::from))
    }

    /// Creates the row with the first free handle. `None` if a concurrent sign-up took the handle or the e-mail. Not
    /// authenticated if the user of the account has just been deleted.
    async fn create(&self, new_user: &NewUser, attempt: usize) -> Result<Option<User>, Failure> {
        let sub = new_user.sub.to_string();
        if query_file_scalar!("sql/deletions/is_deleted.sql", sub).fetch_one(&self.pool).await? {
            return Err(AppError::Unauthenticated.into());
        }
        // Concurrent sign-ins of other accounts with the same address can take it away again and again. It is stored
        // afterwards then.
        let email = new_user.verified_email().filter(|_| attempt < PREFERRED_ATTEMPTS_MAX);
        if let Some(email) = email {
            query_file!("sql/users/release_email.sql", sub, email).execute(&self.pool).await?;
        }
        let mut candidates = new_user.handle_candidates();
        if attempt >= PREFERRED_ATTEMPTS_MAX {
            // Many concurrent sign-ups want the same handle. The last candidate is random, so it does not collide.
            candidates.drain(..candidates.len() - 1);
        }
        let taken = query_file_scalar!("sql/users/taken_handles.sql", &candidates[..]).fetch_all(&self.pool).await?;
        let Some(handle) = candidates.iter().find(|candidate| !taken.contains(candidate)) else {
            return Ok(None);
        };
        let row = query_file_as!(Row, "sql/users/create.sql", new_user.display_name(handle), handle, email, sub)
            .fetch_optional(&self.pool)
            .await?;
        if row.is_some() && email.is_none() {
            self.follow_email(new_user.sub, new_user.verified_email()).await?;
        }
        Ok(row.map(User::from))
    }
}
