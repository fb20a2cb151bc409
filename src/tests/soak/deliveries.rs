//! Deliveries of messages to the recipients.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cruddur_messages::domain::message::{self, Message};
use tokio::time::{Instant, sleep};

/// Deliveries of messages to the recipients.
pub(crate) struct Deliveries {
    started: Instant,
    /// Delivery time of each message.
    times: Mutex<HashMap<message::Id, Duration>>,
    duplicates: AtomicU64,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { started: Instant::now(), times: Mutex::default(), duplicates: AtomicU64::new(0) }
    }
}

impl Deliveries {
    /// Returns a message text with the current time, in microseconds since the start.
    pub(crate) fn timestamp(&self) -> String {
        self.started.elapsed().as_micros().to_string()
    }

    /// Returns the number of repeated deliveries.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    /// Records that a message has reached its recipient.
    pub(crate) fn record(&self, message: &Message) {
        // The first messages of the conversations have no timestamp.
        let Ok(sent_at) = message.body.parse().map(Duration::from_micros) else { return };
        let time = self.started.elapsed().saturating_sub(sent_at);
        match self.times().entry(message.id) {
            Entry::Vacant(entry) => drop(entry.insert(time)),
            Entry::Occupied(_) => drop(self.duplicates.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Waits for the delivery of all messages. Returns the number of missed messages.
    pub(crate) async fn wait_for(&self, sent: u64, timeout: Duration) -> u64 {
        let deadline = Instant::now() + timeout;
        while self.count() < sent && Instant::now() < deadline {
            sleep(Duration::from_millis(100)).await;
        }
        sent.saturating_sub(self.count())
    }

    fn count(&self) -> u64 {
        self.times().len() as u64
    }

    fn times(&self) -> MutexGuard<'_, HashMap<message::Id, Duration>> {
        // No code panics in the middle of a change, so the map is valid even if the lock is poisoned.
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times: Vec<_> = self.times().values().copied().collect();
        times.sort();
        let percentile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        let longest = times.last().copied().unwrap_or_default();
        writeln!(
            f,
            "Delivery time, from send request to recipient's stream: p50 {:.1?}, p99 {:.1?}, longest {longest:.1?}",
            percentile(50),
            percentile(99),
        )
    }
}
