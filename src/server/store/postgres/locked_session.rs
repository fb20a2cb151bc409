//! A session that is locked for the refresh of its tokens.

use std::sync::Arc;

use secrecy::SecretString;
use sqlx::{query_file, query_file_as};
use time::OffsetDateTime;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

use crate::server::failure::Failure;
use crate::server::store::postgres::recent::Changing;
use crate::server::store::postgres::seal::{Seal, Sealed};
use crate::server::store::postgres::session_rows::{Access, DeletedRow, Id, ReadSession};

/// A session whose row is locked. Dropping it rolls back and releases the lock.
pub struct LockedSession<'a> {
    pub(super) id: Id,
    /// State of the access token as of the lock. A concurrent request may have refreshed it before.
    pub access: Access,
    pub(super) cognito_user_id: String,
    pub(super) sealed: Sealed,
    pub(super) seal: Arc<Seal>,
    pub(super) transaction: sqlx::PgTransaction<'static>,
    /// Forgets the session, once the transaction has ended.
    pub(super) _changing: Changing<Id, ReadSession>,
    pub(super) _permit: SemaphorePermit<'a>,
}

impl LockedSession<'_> {
    /// Returns the refresh token and the user's id in the pool. `None` if the token cannot be decrypted.
    pub fn refresh_token(&self) -> Option<(SecretString, Uuid)> {
        Some((self.seal.open(&self.sealed, &self.id.0)?, self.cognito_user_id.parse().ok()?))
    }

    /// Stores the result of a refresh and releases the lock. A token that the pool has not replaced is sealed again if
    /// a previous key has sealed it, so that this key can be removed once every session has been renewed.
    pub async fn save_tokens(
        mut self,
        access_ends_at: OffsetDateTime,
        refresh_token: Option<&SecretString>,
    ) -> Result<(), Failure> {
        let outdated = self.seal.is_outdated(&self.sealed).then(|| self.seal.open(&self.sealed, &self.id.0)).flatten();
        let sealed = refresh_token.or(outdated.as_ref()).map(|token| self.seal.seal(token, &self.id.0));
        let (bytes, key_id) = sealed.map(|sealed| (sealed.bytes, sealed.key_id)).unzip();
        query_file!(
            "sql/sessions/save_tokens.sql",
            &self.id.0,
            bytes as Option<Vec<u8>>,
            key_id as Option<String>,
            access_ends_at
        )
        .execute(&mut *self.transaction)
        .await?;
        Ok(self.transaction.commit().await?)
    }

    /// Pauses refreshes of the session for `secs` seconds after a failed one, and releases the lock.
    pub async fn pause_refresh(mut self, secs: f64) -> Result<(), Failure> {
        query_file!("sql/sessions/pause_refresh.sql", &self.id.0, secs).execute(&mut *self.transaction).await?;
        Ok(self.transaction.commit().await?)
    }

    /// Deletes the session and releases the lock.
    pub async fn delete(mut self) -> Result<(), Failure> {
        query_file_as!(DeletedRow, "sql/sessions/delete.sql", &self.id.0)
            .fetch_optional(&mut *self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }
}
