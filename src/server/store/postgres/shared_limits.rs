//! Rate limits that all servers share, in PostgreSQL.

use std::time::Duration;

use sqlx::{PgPool, query_file};

use crate::server::failure::Failure;

/// Quota of a caller for an action.
#[derive(Debug, Clone, Copy)]
pub struct SharedQuota {
    /// Hash of the action and the caller.
    pub key: [u8; 32],
    /// Time in which one attempt refills.
    pub refill: Duration,
    /// Attempts at once.
    pub burst: u32,
}

/// The table `rate_limits`. Cloning copies a handle.
#[derive(Debug, Clone)]
pub struct SharedLimits {
    pool: PgPool,
}

impl SharedLimits {
    /// Creates a handle for the table.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Takes an attempt from a quota. Returns the time to wait if it is exhausted. One query.
    pub async fn take(&self, quota: SharedQuota) -> Result<Result<(), Duration>, Failure> {
        let (refill, full) = (quota.refill.as_secs_f64(), (quota.refill * quota.burst).as_secs_f64());
        let row = query_file!("sql/rate_limits/take.sql", &quota.key[..], refill, full).fetch_one(&self.pool).await?;
        let wait = Duration::try_from_secs_f64(row.full_in_secs + refill - full).unwrap_or_default();
        Ok(if row.allowed { Ok(()) } else { Err(wait) })
    }

    /// Returns a part of an attempt to its quota. One query.
    pub async fn refund(&self, quota: SharedQuota, part: f64) -> Result<(), Failure> {
        let secs = quota.refill.as_secs_f64() * part;
        query_file!("sql/rate_limits/refund.sql", &quota.key[..], secs).execute(&self.pool).await?;
        Ok(())
    }

    /// Deletes the quotas that are full. Call it periodically.
    pub async fn delete_full(&self) -> Result<(), Failure> {
        query_file!("sql/rate_limits/delete_full.sql").execute(&self.pool).await?;
        Ok(())
    }
}
