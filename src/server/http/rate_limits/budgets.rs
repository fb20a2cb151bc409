//! Budgets: quotas that cost the answer no query.
//!
//! A server counts the attempts of its callers in memory, and settles with PostgreSQL in the background: after every
//! eighth part of what a caller may do at once, it takes these attempts from the stored quota, and learns from the
//! answer what is left of it after those on the other servers. So a budget holds over all servers and restarts, but for
//! what a server has not settled yet: per server less than an eighth of a budget, and what it answers during one
//! statement.
//!
//! One statement at a time settles for many callers. While PostgreSQL is unavailable, each server counts on its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use crate::server::failure::Failure;
use crate::server::http::rate_limits::actions::{Action, Caller};
use crate::server::http::rate_limits::callers::Callers;
use crate::server::store::postgres::shared_limits::{Quota, SharedLimits};

/// Budgets of the callers of one server. Cloning copies handles.
#[derive(Debug, Clone)]
pub struct Budgets {
    callers: Arc<Mutex<Callers>>,
    /// Held by the task that settles.
    settling: Arc<tokio::sync::Mutex<()>>,
    stored: SharedLimits,
}

impl Budgets {
    /// Creates full budgets, which are settled with the stored quotas.
    pub fn new(stored: SharedLimits) -> Self {
        Self { callers: Arc::default(), settling: Arc::default(), stored }
    }

    /// Counts an attempt. Returns the time to wait if the budget is exhausted. No query.
    pub fn take(&self, action: Action, caller: Caller, quota: Quota) -> Result<(), Duration> {
        let mut callers = self.lock();
        let now = Instant::now();
        callers.take(now, (action, caller), quota)?;
        if callers.is_settlement_due(now)
            && let Ok(turn) = Arc::clone(&self.settling).try_lock_owned()
        {
            tokio::spawn(self.clone().settle_queued(turn));
        }
        Ok(())
    }

    /// Drops the callers whose budget has been full for a while. Call it periodically.
    pub fn drop_idle(&self) {
        let mut callers = self.lock();
        callers.sweep(Instant::now());
        callers.shrink_to_fit();
    }

    /// Settles all attempts that have not refilled meanwhile, at most for this time.
    pub async fn finish(&self, max: Duration) {
        let finish = async {
            let turn = Arc::clone(&self.settling).lock_owned().await;
            self.lock().queue_all(Instant::now());
            self.clone().settle_queued(turn).await;
        };
        if timeout(max, finish).await.is_err() {
            tracing::warn!(timeout = ?max, "rate limits not settled");
        }
    }

    /// Settles until the queue is empty or a statement fails. The `turn` ends with it.
    async fn settle_queued(self, turn: OwnedMutexGuard<()>) {
        loop {
            let batch = self.lock().next_batch();
            if batch.is_empty() {
                break;
            }
            let spent: Vec<_> = batch.iter().map(|(_, spent)| *spent).collect();
            let full_in = self.stored.settle(&spent).await.map_err(Failure::into_public).ok();
            self.lock().learn(&batch, full_in.as_ref());
            if full_in.is_none() {
                break;
            }
        }
        drop(turn);
    }

    fn lock(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
