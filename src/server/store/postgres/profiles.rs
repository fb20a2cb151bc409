//! Profiles of users, remembered after they have been read.

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use sqlx::{PgPool, query_file_as};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::user::{Id, User};
use crate::server::failure::Failure;
use crate::server::store::postgres::recent::{Changing, Reading, Recent};

/// Maximum number of remembered users. Each takes about half a kilobyte.
const REMEMBERED_MAX: u64 = 20_000;

/// Columns of a user that requests need.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) user: User,
    /// True if the user has receipts turned on.
    pub(super) receipts: bool,
    /// True if the user has presence turned on.
    pub(super) presence: bool,
    /// When the user last had a page open. Some minutes late while one is open.
    pub(super) last_seen_at: Option<OffsetDateTime>,
    /// Account in the user pool, if the user is linked to one.
    pub(super) account: Option<Uuid>,
    /// Time before which access tokens are rejected.
    pub(super) tokens_valid_from: Option<OffsetDateTime>,
    pub(super) is_suspended: bool,
    /// True if the user has requested their deletion.
    pub(super) is_leaving: bool,
}

/// Row of a profile.
pub(super) struct ProfileRow {
    pub(super) uuid: Uuid,
    pub(super) handle: String,
    pub(super) display_name: String,
    pub(super) receipts: bool,
    pub(super) presence: bool,
    pub(super) last_seen_at: Option<OffsetDateTime>,
    pub(super) cognito_user_id: String,
    pub(super) tokens_valid_from: Option<OffsetDateTime>,
    pub(super) is_suspended: bool,
    pub(super) is_leaving: bool,
}

/// Profiles in the table `users`. Cloning copies handles.
#[derive(Debug, Clone)]
pub(super) struct Profiles {
    pool: PgPool,
    recent: Recent<Id, Profile>,
    /// Users of accounts. A hint: the profile decides.
    accounts: Cache<Uuid, Id>,
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        Self {
            user: User::stored(Id(row.uuid), row.handle, row.display_name),
            receipts: row.receipts,
            presence: row.presence,
            last_seen_at: row.last_seen_at,
            // An unlinked user has no UUID there.
            account: row.cognito_user_id.parse().ok(),
            tokens_valid_from: row.tokens_valid_from,
            is_suspended: row.is_suspended,
            is_leaving: row.is_leaving,
        }
    }
}

impl Profiles {
    /// Creates a handle for the table.
    pub(super) fn new(pool: PgPool) -> Self {
        let accounts = Cache::builder().max_capacity(REMEMBERED_MAX).eviction_policy(EvictionPolicy::lru()).build();
        Self { pool, recent: Recent::new("users", REMEMBERED_MAX), accounts }
    }

    /// Returns the profiles of these users in undefined order. Unknown ids are left out. One query, or none if all are
    /// remembered.
    pub(super) async fn by_ids(&self, ids: &[Id]) -> Result<Vec<Profile>, Failure> {
        let found = self.recent.get_or_read(ids.iter().copied(), |ids| self.read(ids)).await?;
        Ok(found.into_iter().map(|(_, profile)| profile).collect())
    }

    /// Returns the profile of the user of an account. One query, or none if it is remembered.
    pub(super) async fn by_account(&self, account: Uuid) -> Result<Option<Profile>, Failure> {
        let remembered = self.accounts.get(&account).and_then(|id| self.recent.get(&id));
        // The account may have been given to another user.
        if let Some(profile) = remembered.filter(|profile| profile.account == Some(account)) {
            return Ok(Some(profile));
        }
        let reading = self.begin();
        let row = query_file_as!(ProfileRow, "sql/users/profile_of_account.sql", account.to_string())
            .fetch_optional(&self.pool)
            .await?;
        let profile = row.map(Profile::from);
        if let Some(profile) = &profile {
            self.accounts.insert(account, profile.user.id);
            self.remember(&reading, [profile.clone()]);
        }
        Ok(profile)
    }

    /// Begins a query that reads profiles, too.
    pub(super) fn begin(&self) -> Reading {
        self.recent.begin()
    }

    /// Remembers profiles of another query.
    pub(super) fn remember(&self, reading: &Reading, profiles: impl IntoIterator<Item = Profile>) {
        self.recent.remember(reading, profiles.into_iter().map(|profile| (profile.user.id, profile)));
    }

    /// Reads the profiles in use again. One query per thousand of them.
    pub(super) async fn confirm(&self) -> Result<(), Failure> {
        self.recent.confirm(|ids| self.read(ids)).await
    }

    /// Returns a guard for a change of users. Take it before the change, and drop it after.
    pub(super) fn changing(&self, ids: &[Id]) -> Changing<Id, Profile> {
        self.recent.changing(ids)
    }

    /// Returns the remembered profiles.
    pub(super) fn recent(&self) -> &Recent<Id, Profile> {
        &self.recent
    }

    async fn read(&self, ids: Vec<Id>) -> Result<Vec<(Id, Profile)>, Failure> {
        let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
        let rows = query_file_as!(ProfileRow, "sql/users/profiles.sql", &ids).fetch_all(&self.pool).await?;
        let profiles = rows.into_iter().map(Profile::from);
        Ok(profiles.map(|profile| (profile.user.id, profile)).collect())
    }
}
