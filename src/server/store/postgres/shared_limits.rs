//! Rate limits that all servers share, in PostgreSQL.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::{PgPool, query_file};

use crate::server::failure::Failure;

/// Hash of the action and the caller.
pub type Key = [u8; 32];

/// Quota of a caller for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Attempts at once.
    pub burst: u32,
    /// Time in which one attempt refills.
    pub refill: Duration,
}

impl Quota {
    /// Returns a quota of `n` times as many attempts, at once and in the long run.
    pub fn times(self, n: u32) -> Self {
        Self { burst: self.burst * n, refill: self.refill / n }
    }

    /// Returns the time in which the quota refills from empty.
    pub fn full(self) -> Duration {
        self.refill * self.burst
    }
}

/// Attempts that a server has answered without asking.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub key: Key,
    pub quota: Quota,
    pub attempts: u32,
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
    pub async fn take(&self, key: Key, quota: Quota) -> Result<Result<(), Duration>, Failure> {
        let (refill, full) = (quota.refill.as_secs_f64(), quota.full().as_secs_f64());
        let row = query_file!("sql/rate_limits/take.sql", &key[..], refill, full).fetch_one(&self.pool).await?;
        let wait = Duration::try_from_secs_f64(row.full_in_secs + refill - full).unwrap_or_default();
        Ok(if row.allowed { Ok(()) } else { Err(wait) })
    }

    /// Takes attempts from their quotas, whether or not these are exhausted. Returns the times until the quotas are
    /// full again. One query.
    pub async fn settle(&self, spent: &[Spent]) -> Result<HashMap<Key, Duration>, Failure> {
        let keys: Vec<Vec<u8>> = spent.iter().map(|it| it.key.to_vec()).collect();
        let secs: Vec<f64> = spent.iter().map(|it| (it.quota.refill * it.attempts).as_secs_f64()).collect();
        let full: Vec<f64> = spent.iter().map(|it| it.quota.full().as_secs_f64()).collect();
        let rows = query_file!("sql/rate_limits/settle.sql", &keys, &secs, &full).fetch_all(&self.pool).await?;
        let full_in = |secs| Duration::try_from_secs_f64(secs).unwrap_or_default();
        Ok(rows.into_iter().filter_map(|row| Some((row.key.try_into().ok()?, full_in(row.full_in_secs)))).collect())
    }

    /// Returns a part of an attempt to its quota. One query.
    pub async fn refund(&self, key: Key, quota: Quota, part: f64) -> Result<(), Failure> {
        let secs = quota.refill.as_secs_f64() * part;
        query_file!("sql/rate_limits/refund.sql", &key[..], secs).execute(&self.pool).await?;
        Ok(())
    }

    /// Deletes the quotas that are full. Call it periodically.
    pub async fn delete_full(&self) -> Result<(), Failure> {
        query_file!("sql/rate_limits/delete_full.sql").execute(&self.pool).await?;
        Ok(())
    }
}
