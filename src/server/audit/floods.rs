//! Bounds of the entries that one caller can cause: a flood of requests must not become a flood of entries.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::user;

/// Interval for which the entries of a caller are counted.
const INTERVAL: Duration = Duration::from_secs(60);

/// Maximum number of entries about foreign conversations for a user and an interval.
const FOREIGN_MAX: u32 = 30;

/// Maximum number of callers whose entries are counted.
const REMEMBERED_MAX: u64 = 10_000;

/// Caller and route whose rate limit is exceeded.
pub(super) type Exceeded = (Option<user::Id>, Option<IpAddr>, Option<Arc<str>>);

/// Entries that callers have caused a moment ago.
#[derive(Debug, Clone)]
pub(super) struct Floods {
    exceeded: Cache<Exceeded, ()>,
    foreign: Cache<user::Id, Arc<AtomicU32>>,
}

impl Default for Floods {
    fn default() -> Self {
        Self {
            exceeded: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(INTERVAL).build(),
            foreign: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(INTERVAL).build(),
        }
    }
}

impl Floods {
    /// Returns true for the first time in a minute that a caller exceeds the limit of a route.
    pub(super) fn is_first(&self, exceeded: Exceeded) -> bool {
        self.exceeded.entry(exceeded).or_insert(()).is_fresh()
    }

    /// Counts a request of a user for a foreign conversation. Returns true for the first ones in a minute.
    pub(super) fn count_foreign(&self, user: user::Id) -> bool {
        self.foreign.get_with(user, Arc::default).fetch_add(1, Ordering::Relaxed) < FOREIGN_MAX
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_caller_causes_few_entries_a_minute_and_leaves_those_of_others() {
        let floods = Floods::default();
        for user in [1, 2].map(|n| user::Id(Uuid::from_u128(n))) {
            assert_eq!((0..1_000).filter(|_| floods.count_foreign(user)).count(), FOREIGN_MAX as usize);
            for route in ["/signin", "/messages"] {
                let exceeded = || (Some(user), None, Some(Arc::from(route)));
                assert_eq!((0..1_000).filter(|_| floods.is_first(exceeded())).count(), 1, "{route}");
            }
        }
    }
}
