//! Rate limits. Guessing and searching is counted in PostgreSQL before the answer. What users read and do in open
//! conversations takes from [`Budgets`], which cost the answer no query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::error::AppError;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::actions::{Action, Caller, Spender, key, quota};
use crate::server::http::rate_limits::budgets::Budgets;
use crate::server::metrics::Metrics;
use crate::server::store::Store;
use crate::server::store::postgres::shared_limits::SharedLimits;

/// Number of attempts at account forms from one address that run at the same time on one server; others wait. Attempts
/// count as failures until they have succeeded, so more at once would deny a class that signs in together.
const TURNS: usize = 3;

/// Part of an attempt that a success gives back.
const REFUND: f64 = 0.9;

/// Counters of all actions. Their memory grows with the number of callers; [`RateLimits::drop_idle`] frees idle ones.
pub struct RateLimits {
    budgets: Budgets,
    /// Number by which every budget is larger than usual.
    factor: u32,
    turns: Mutex<HashMap<Caller, Arc<Semaphore>>>,
    denied: Family<ActionLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    action: &'static str,
}

impl RateLimits {
    /// Creates the counters of a server. Budgets are `factor` times as large as usual.
    pub fn new(stored: SharedLimits, factor: u32) -> Self {
        Self { budgets: Budgets::new(stored), factor, turns: Mutex::default(), denied: Family::default() }
    }

    /// Adds the denied attempts to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        metrics.register("rate_limited", "Attempts denied by a rate limit, by action", self.denied.clone());
    }

    /// Takes an attempt from the budgets of the user and of the client address. Returns [`AppError::RateLimited`] with
    /// the time to wait if one of them is exhausted. No query.
    pub fn spend(&self, action: Action, spender: Spender) -> Result<(), AppError> {
        spender.callers().try_for_each(|caller| {
            let quota = quota(action, &caller).times(self.factor);
            self.budgets.take(action, caller, quota).map_err(|wait| self.denial(action, wait))
        })
    }

    fn denial(&self, action: Action, wait: Duration) -> AppError {
        self.denied.get_or_create(&ActionLabels { action: action.as_str() }).inc();
        AppError::RateLimited { retry_after_secs: wait.as_secs() + 1 }
    }

    /// Counts an attempt over all servers before it begins, and returns the same error. One query. While PostgreSQL is
    /// unavailable, this server counts on its own.
    pub async fn check_shared(&self, store: &Store, action: Action, caller: &Caller) -> Result<(), AppError> {
        let quota = quota(action, caller);
        let taken = match store.limits.take(key(action, caller), quota).await {
            Ok(taken) => taken,
            Err(failure) => {
                failure.into_public();
                self.budgets.take(action, caller.clone(), quota)
            }
        };
        taken.map_err(|wait| self.denial(action, wait))
    }

    /// Gives most of a counted attempt back, because it has succeeded. An account gets nothing back but for a sign-in:
    /// no owner needs many codes or sign-ups. A conversation that was not created is given back whole.
    pub async fn refund(&self, store: &Store, action: Action, caller: &Caller) {
        let part = match (action, caller) {
            (Action::SignIn | Action::SignInStep, _) | (Action::SignUp | Action::Code, Caller::Address(_)) => REFUND,
            (Action::NewConversation, _) => 1.0,
            _ => return,
        };
        let refund = store.limits.refund(key(action, caller), quota(action, caller), part);
        // A failure is only logged: the quota refills by itself.
        refund.await.map_err(Failure::into_public).ok();
    }

    /// Waits until few attempts of this caller are running on this server.
    pub async fn turn(&self, caller: &Caller) -> OwnedSemaphorePermit {
        let turns = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(caller.clone()).or_insert_with(|| Arc::new(Semaphore::new(TURNS))).clone()
        };
        turns.acquire_owned().await.expect("the semaphore is never closed")
    }

    /// Drops the callers whose quota is full again. Call it periodically.
    pub fn drop_idle(&self) {
        let is_in_use = |turns: &Arc<Semaphore>| Arc::strong_count(turns) > 1;
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, turns| is_in_use(turns));
        self.budgets.drop_idle();
    }

    /// Stores what has been taken from the budgets, at most for this time. Call it when the last request is answered.
    pub async fn finish(&self, max: Duration) {
        self.budgets.finish(max).await;
    }
}
