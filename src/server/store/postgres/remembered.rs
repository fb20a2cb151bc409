//! The sessions and users that a server remembers for some seconds.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::metrics::{Computed, Metrics};
pub use crate::server::store::postgres::recent::use_counters::CacheUses;
use crate::server::store::postgres::sessions::{self, Sessions};
use crate::server::store::postgres::users::Users;

/// Interval at which the rows in use are read again. Far enough below the maximum age of a row that a query may take
/// its time.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(2);

/// Maximum duration of reading them again. A connection that hangs must not stop it for longer.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum number of rows in one notification, so that it stays far below the maximum size of a message on the bus.
const NOTIFIED_AT_ONCE: usize = 1_000;

/// Remembered sessions and users. Cloning copies handles.
#[derive(Clone)]
pub struct Remembered {
    sessions: Sessions,
    users: Users,
}

/// Rows that a server has changed. The other servers must not use what they remember of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangedRows {
    pub sessions: Vec<sessions::Id>,
    pub users: Vec<user::Id>,
}

impl ChangedRows {
    /// Returns true if no row has changed.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.users.is_empty()
    }
}

impl Remembered {
    /// Creates a handle for the rows that these tables remember.
    pub fn new(sessions: &Sessions, users: &Users) -> Self {
        Self { sessions: sessions.clone(), users: users.clone() }
    }

    /// Forgets rows that another server has changed.
    pub fn forget(&self, changed: &ChangedRows) {
        self.sessions.recent().forget_locally(&changed.sessions);
        self.users.profiles().recent().forget_locally(&changed.users);
    }

    /// Forgets all rows: after notifications may have been lost.
    pub fn forget_all(&self) {
        self.sessions.recent().forget_all_locally();
        self.users.profiles().recent().forget_all_locally();
    }

    /// Sets the function that notifies the other servers of rows that this one has changed.
    pub fn on_change(&self, notify: impl Fn(ChangedRows) + Clone + Send + Sync + 'static) {
        let notify_of_users = notify.clone();
        self.sessions.recent().listen(move |ids| {
            for ids in ids.chunks(NOTIFIED_AT_ONCE) {
                notify(ChangedRows { sessions: ids.to_vec(), ..ChangedRows::default() });
            }
        });
        self.users.profiles().recent().listen(move |ids| {
            for ids in ids.chunks(NOTIFIED_AT_ONCE) {
                notify_of_users(ChangedRows { users: ids.to_vec(), ..ChangedRows::default() });
            }
        });
    }

    /// Reads the rows in use again and again, until the server has shut down. Requests then need no query, and see
    /// within seconds what other programs have changed.
    pub async fn confirm_regularly(self, closed: CancellationToken) {
        let mut ticks = interval(CONFIRM_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while closed.run_until_cancelled(ticks.tick()).await.is_some() {
            match timeout(CONFIRM_TIMEOUT, self.confirm()).await {
                Ok(Ok(())) => {}
                // Logs the cause.
                Ok(Err(failure)) => drop(failure.into_public()),
                Err(_) => tracing::warn!(timeout = ?CONFIRM_TIMEOUT, "remembered rows not read again"),
            }
        }
    }

    async fn confirm(&self) -> Result<(), Failure> {
        // They bring their users along.
        self.sessions.confirm().await?;
        self.users.profiles().confirm().await
    }

    /// Returns the uses of the caches since the start.
    pub fn uses(&self) -> [CacheUses; 2] {
        [self.sessions.recent().uses(), self.users.profiles().recent().uses()]
    }

    /// Adds the uses of the caches to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        let (hits, misses) = (self.clone(), self.clone());
        metrics.compute(Computed::counters("cache_hits", "Rows that were remembered, by cache.", "cache", move || {
            hits.uses().map(|uses| (uses.cache, uses.hits as f64)).into()
        }));
        metrics.compute(Computed::counters(
            "cache_misses",
            "Rows that had to be read, by cache.",
            "cache",
            move || misses.uses().map(|uses| (uses.cache, uses.misses as f64)).into(),
        ));
    }
}
