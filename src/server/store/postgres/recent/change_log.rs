//! Recent changes, for queries that were under way when a row changed.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;

/// Maximum number of kept changes. Of a query during which there were more, no row is remembered.
const KEPT_MAX: usize = 1_024;

/// The last changed keys.
pub(super) struct ChangeLog<K> {
    /// Number of all changes so far.
    count: u64,
    /// The last ones, oldest first.
    kept: VecDeque<K>,
}

impl<K> Default for ChangeLog<K> {
    fn default() -> Self {
        Self { count: 0, kept: VecDeque::new() }
    }
}

impl<K: Eq + Hash> ChangeLog<K> {
    /// Returns the number of all changes so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds a change.
    pub(super) fn add(&mut self, key: K) {
        self.count += 1;
        self.kept.push_back(key);
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
    }

    /// Adds a change of all keys.
    pub(super) fn add_all(&mut self) {
        self.count += 1;
        self.kept.clear();
    }

    /// Returns the keys that have changed since there were `count` changes. `None` if some of them are not kept.
    pub(super) fn since(&self, count: u64) -> Option<HashSet<&K>> {
        let changes = usize::try_from(self.count - count).ok()?;
        (changes <= self.kept.len()).then(|| self.kept.iter().rev().take(changes).collect())
    }
}
