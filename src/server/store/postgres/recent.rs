//! Rows that this server has read from PostgreSQL a moment ago.
//!
//! A request whose rows are remembered waits for no query. A remembered row is at most [`AGE_MAX`] old, whatever
//! program has changed it: rows in use are read again in the background, and a row that could not be read again is
//! not used. Changes by this program are forgotten at once, on the other servers by the bus.

mod change_log;

mod shared_reads;

pub(super) mod use_counters;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::server::failure::Failure;
use crate::server::store::postgres::recent::change_log::ChangeLog;
use crate::server::store::postgres::recent::shared_reads::SharedReads;
use crate::server::store::postgres::recent::use_counters::{CacheUses, UseCounters};

/// Maximum age of a row that is used without a query. With the query that follows, a change counts within 5 seconds.
const AGE_MAX: Duration = Duration::from_secs(4);

/// Age from which a row in use is read again in the background.
const CONFIRMED_FROM_AGE: Duration = Duration::from_millis(500);

/// Time after the last use for which a row is read again in the background. A query per request costs less than
/// reading a row again and again that is used more rarely.
const IN_USE: Duration = Duration::from_secs(60);

/// Maximum number of rows that a statement reads again, so that each takes milliseconds.
const CONFIRMED_AT_ONCE: usize = 1_000;

/// Listener for rows that this server has changed.
type Listener<K> = Box<dyn Fn(&[K]) + Send + Sync>;

/// Rows that have been read a moment ago, by key. Cloning copies a handle.
pub(super) struct Recent<K, V>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    /// Name in the metrics.
    name: &'static str,
    entries: Cache<K, Arc<Entry<V>>>,
    changes: Mutex<ChangeLog<K>>,
    reads: SharedReads<K>,
    listener: OnceLock<Listener<K>>,
    created_at: Instant,
    uses: UseCounters,
}

struct Entry<V> {
    value: V,
    /// Time just before the query: the row is at least as new.
    read_at: Instant,
    /// Last use, in milliseconds since the creation of the cache.
    used_at: AtomicU64,
}

/// Begin of a query. Rows that have changed since then are not remembered from it.
pub(super) struct Reading {
    at: Instant,
    changes: u64,
}

/// Forgets rows when it is dropped: after the change, even if the request was cancelled before its end.
pub(super) struct Changing<K: Key, V: Row> {
    recent: Recent<K, V>,
    keys: Vec<K>,
}

/// Key of a row.
pub(super) trait Key: Clone + Eq + Hash + Send + Sync + 'static {}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> Key for T {}

/// Row that can be remembered.
pub(super) trait Row: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Row for T {}

impl<K, V> Clone for Recent<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Key, V: Row> Recent<K, V> {
    /// Creates an empty cache of at most `rows` rows. Beyond that, the row that was not used for the longest time goes.
    pub(super) fn new(name: &'static str, rows: u64) -> Self {
        let entries = Cache::builder().max_capacity(rows).eviction_policy(EvictionPolicy::lru()).time_to_live(AGE_MAX);
        Self(Arc::new(Shared {
            name,
            entries: entries.build(),
            changes: Mutex::default(),
            reads: SharedReads::default(),
            listener: OnceLock::new(),
            created_at: Instant::now(),
            uses: UseCounters::default(),
        }))
    }

    /// Returns a remembered row.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let entry = self.0.entries.get(key).filter(|entry| entry.read_at.elapsed() < AGE_MAX);
        self.0.uses.count(entry.is_some());
        let entry = entry?;
        entry.used_at.store(self.millis(), Ordering::Relaxed);
        Some(entry.value.clone())
    }

    /// Returns the rows with these keys in undefined order: the remembered ones, and the others from `read`. Rows that
    /// another request is reading are read once; an error of that query is the error of both requests. `read` leaves
    /// out rows that do not exist; that is not remembered.
    pub(super) async fn get_or_read<F>(
        &self,
        keys: impl IntoIterator<Item = K>,
        read: impl Fn(Vec<K>) -> F,
    ) -> Result<Vec<(K, V)>, Failure>
    where
        F: Future<Output = Result<Vec<(K, V)>, Failure>>,
    {
        let keys: HashSet<K> = keys.into_iter().collect();
        let (mut found, unknown) = self.split(keys);
        if unknown.is_empty() {
            return Ok(found);
        }
        let (own, of_others) = self.0.reads.begin(unknown);
        let read_own = async {
            let Some(own) = own else { return Ok(Vec::new()) };
            let rows = self.read(own.keys().to_vec(), &read).await;
            own.end(rows.as_ref().err().map(Failure::public));
            rows
        };
        // At the same time: two requests that wait for rows of each other would otherwise wait forever.
        let (rows, others) = tokio::join!(read_own, of_others.wait());
        found.extend(rows?);
        // The cause is logged by the request whose query it was.
        let (shared, unknown) = self.split(others?);
        found.extend(shared);
        if !unknown.is_empty() {
            // They do not exist, have just been changed, or the other request has been cancelled.
            found.extend(self.read(unknown, &read).await?);
        }
        Ok(found)
    }

    /// Reads rows and remembers them.
    async fn read<F>(&self, keys: Vec<K>, read: impl Fn(Vec<K>) -> F) -> Result<Vec<(K, V)>, Failure>
    where
        F: Future<Output = Result<Vec<(K, V)>, Failure>>,
    {
        let reading = self.begin();
        let rows = read(keys).await?;
        self.remember(&reading, rows.iter().cloned());
        Ok(rows)
    }

    /// Splits keys into the remembered rows and the keys of the others.
    fn split(&self, keys: impl IntoIterator<Item = K>) -> (Vec<(K, V)>, Vec<K>) {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for key in keys {
            match self.get(&key) {
                Some(value) => found.push((key, value)),
                None => unknown.push(key),
            }
        }
        (found, unknown)
    }

    /// Begins a query, whose rows can be remembered.
    pub(super) fn begin(&self) -> Reading {
        Reading { at: Instant::now(), changes: self.changes().count() }
    }

    /// Remembers the rows of a query, except those that have been forgotten since it began: it may have read their
    /// state before the change.
    pub(super) fn remember(&self, reading: &Reading, rows: impl IntoIterator<Item = (K, V)>) {
        let now = self.millis();
        self.store(reading, rows, |_| Some(now));
    }

    /// Reads the rows in use again, in the background of requests. Must be called every two seconds.
    pub(super) async fn confirm<F>(&self, read: impl Fn(Vec<K>) -> F) -> Result<(), Failure>
    where
        F: Future<Output = Result<Vec<(K, V)>, Failure>>,
    {
        for keys in self.in_use().chunks(CONFIRMED_AT_ONCE) {
            let reading = self.begin();
            let rows = read(keys.to_vec()).await?;
            let existing: HashSet<K> = rows.iter().map(|(key, _)| key.clone()).collect();
            self.store(&reading, rows, |entry| Some(entry?.used_at.load(Ordering::Relaxed)));
            for key in keys.iter().filter(|key| !existing.contains(*key)) {
                self.0.entries.invalidate(key);
            }
        }
        Ok(())
    }

    /// Returns the keys of the rows that have been used in the last [`IN_USE`] and have not just been read.
    fn in_use(&self) -> Vec<K> {
        let now = self.millis();
        let is_in_use = |entry: &Entry<V>| {
            let unused = Duration::from_millis(now.saturating_sub(entry.used_at.load(Ordering::Relaxed)));
            unused < IN_USE && entry.read_at.elapsed() >= CONFIRMED_FROM_AGE
        };
        self.0.entries.iter().filter(|(_, entry)| is_in_use(entry)).map(|(key, _)| (*key).clone()).collect()
    }

    /// Stores rows of a query, each with the time of its last use, which `used_at` determines from the present entry;
    /// without one the row is left out.
    fn store(
        &self,
        reading: &Reading,
        rows: impl IntoIterator<Item = (K, V)>,
        used_at: impl Fn(Option<&Entry<V>>) -> Option<u64>,
    ) {
        // Held until the end, so that no row is forgotten between the comparison and its insertion.
        let changes = self.changes();
        let Some(changed) = changes.since(reading.changes) else { return };
        for (key, value) in rows.into_iter().filter(|(key, _)| !changed.contains(key)) {
            let known = self.0.entries.get(&key);
            let is_newer = known.as_ref().is_none_or(|known| known.read_at <= reading.at);
            if let (true, Some(used_at)) = (is_newer, used_at(known.as_deref())) {
                let used_at = AtomicU64::new(used_at);
                self.0.entries.insert(key, Arc::new(Entry { value, read_at: reading.at, used_at }));
            }
        }
    }

    /// Returns a guard for a change of rows by this server. Take it before the change, and drop it after.
    pub(super) fn changing(&self, keys: &[K]) -> Changing<K, V> {
        Changing { recent: self.clone(), keys: keys.to_vec() }
    }

    /// Forgets rows that this server has changed, on all servers.
    pub(super) fn forget(&self, keys: &[K]) {
        self.forget_locally(keys);
        if let Some(listener) = self.0.listener.get() {
            listener(keys);
        }
    }

    /// Forgets rows on this server.
    pub(super) fn forget_locally(&self, keys: &[K]) {
        let mut changes = self.changes();
        for key in keys {
            changes.add(key.clone());
            self.0.entries.invalidate(key);
        }
    }

    /// Forgets all rows on this server.
    pub(super) fn forget_all_locally(&self) {
        let mut changes = self.changes();
        changes.add_all();
        self.0.entries.invalidate_all();
    }

    /// Sets the listener for rows that this server has changed. Only the first one counts.
    pub(super) fn listen(&self, listener: impl Fn(&[K]) + Send + Sync + 'static) {
        let _ = self.0.listener.set(Box::new(listener));
    }

    /// Returns how many rows were remembered and how many were not, since the start.
    pub(super) fn uses(&self) -> CacheUses {
        self.0.uses.uses(self.0.name)
    }

    fn changes(&self) -> MutexGuard<'_, ChangeLog<K>> {
        // A poisoned lock is usable: no change in this file can panic halfway.
        self.0.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.0.created_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl<K, V> std::fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recent").field("name", &self.0.name).finish_non_exhaustive()
    }
}

impl<K: Key, V: Row> Drop for Changing<K, V> {
    fn drop(&mut self) {
        self.recent.forget(&self.keys);
    }
}
