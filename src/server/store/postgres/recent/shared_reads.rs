//! Queries under way, so that concurrent requests share them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::error::AppError;

/// Keys that are being read, each with the state of its query.
pub(super) struct SharedReads<K>(Arc<Mutex<HashMap<K, watch::Receiver<State>>>>);

/// Error of a query, as the requests that wait for it see it. `None` while the query is under way.
type State = Option<AppError>;

/// Query of this request. Dropping it ends it.
pub(super) struct OwnRead<K: Eq + Hash> {
    reads: SharedReads<K>,
    keys: Vec<K>,
    state: watch::Sender<State>,
}

/// Queries of other requests, for which this one waits.
pub(super) struct ReadsOfOthers<K>(Vec<(K, watch::Receiver<State>)>);

impl<K> Default for SharedReads<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> SharedReads<K> {
    /// Begins to read these keys, except those that another request is reading.
    pub(super) fn begin(&self, keys: Vec<K>) -> (Option<OwnRead<K>>, ReadsOfOthers<K>) {
        let (state, receiver) = watch::channel(None);
        let (mut own, mut others) = (Vec::new(), Vec::new());
        let mut reads = self.lock();
        for key in keys {
            match reads.get(&key) {
                Some(other) => others.push((key, other.clone())),
                None => {
                    reads.insert(key.clone(), receiver.clone());
                    own.push(key);
                }
            }
        }
        let own = (!own.is_empty()).then(|| OwnRead { reads: Self(Arc::clone(&self.0)), keys: own, state });
        (own, ReadsOfOthers(others))
    }
}

impl<K> SharedReads<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<State>>> {
        // A poisoned lock is usable: no change in this file can panic halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> OwnRead<K> {
    /// Returns the keys to read.
    pub(super) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Ends the query, after its rows have been remembered.
    pub(super) fn end(self, error: Option<AppError>) {
        if error.is_some() {
            self.state.send_replace(error);
        }
    }
}

impl<K: Eq + Hash> Drop for OwnRead<K> {
    fn drop(&mut self) {
        let mut reads = self.reads.lock();
        for key in &self.keys {
            reads.remove(key);
        }
    }
}

impl<K> ReadsOfOthers<K> {
    /// Waits until the queries have ended, and returns their keys. The error of one that has failed: a second query
    /// would probably fail in the same way, and take as long.
    pub(super) async fn wait(self) -> Result<Vec<K>, AppError> {
        let mut keys = Vec::new();
        for (key, mut state) in self.0 {
            // An error of `wait_for` says that the sender has been dropped without a failure.
            if let Ok(state) = state.wait_for(Option::is_some).await
                && let Some(error) = &*state
            {
                return Err(error.clone());
            }
            keys.push(key);
        }
        Ok(keys)
    }
}
