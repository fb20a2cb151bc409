//! Counters of the uses of a cache.

use std::sync::atomic::{AtomicU64, Ordering};

/// Uses of a cache since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheUses {
    pub cache: &'static str,
    pub hits: u64,
    pub misses: u64,
}

/// Counters of hits and misses.
#[derive(Default)]
pub(super) struct UseCounters {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl UseCounters {
    /// Counts a use.
    pub(super) fn count(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the uses of the cache of this name.
    pub(super) fn uses(&self, cache: &'static str) -> CacheUses {
        let [hits, misses] = [&self.hits, &self.misses].map(|counter| counter.load(Ordering::Relaxed));
        CacheUses { cache, hits, misses }
    }
}
