//! Selection of the exceeded limits that are recorded: a flood of requests must not become a flood of entries.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::user;

/// Interval between two entries about the same caller and route.
const INTERVAL: Duration = Duration::from_secs(60);

/// Maximum number of remembered entries.
const REMEMBERED_MAX: u64 = 10_000;

/// Caller of a route whose limit is exceeded.
pub type Exceeded = (Option<user::Id>, Option<IpAddr>, Option<Arc<str>>);

/// Exceeded limits that were recorded a moment ago.
#[derive(Debug, Clone)]
pub struct LimitReports(Cache<Exceeded, ()>);

impl Default for LimitReports {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(INTERVAL).build())
    }
}

impl LimitReports {
    /// Returns true for the first time in a minute that a caller exceeds the limit of a route.
    pub fn is_first(&self, exceeded: Exceeded) -> bool {
        self.0.entry(exceeded).or_insert(()).is_fresh()
    }
}
