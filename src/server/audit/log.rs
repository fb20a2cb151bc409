//! Handle of the audit log. Requests do not wait for it: entries are stored in the background.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::domain::{conversation, user};
use crate::server::audit::entry::{Entry, Event, Origin, Outcome};
use crate::server::audit::floods::Floods;
use crate::server::audit::rows::insert;
use crate::server::failure::Failure;
use crate::server::metrics::Metrics;

/// Maximum number of entries that wait to be stored. Each takes about 200 bytes.
const QUEUED_MAX: usize = 10_000;

/// Maximum number of entries in a statement.
const STORED_AT_ONCE: usize = 200;

/// Maximum number of attempts to store entries. Others wait meanwhile.
const ATTEMPTS_MAX: usize = 3;

/// Interval between the attempts.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Audit log of one server. Cloning copies handles.
#[derive(Debug, Clone)]
pub struct AuditLog {
    queue: mpsc::Sender<Entry>,
    /// Number of entries that are queued or being stored.
    pending: watch::Sender<usize>,
    floods: Floods,
    lost: Counter,
}

impl AuditLog {
    /// Creates the log, and starts the task that stores its entries. The task ends with the last handle.
    pub fn start(pool: PgPool) -> Self {
        let (queue, queued) = mpsc::channel(QUEUED_MAX);
        let (pending, lost) = (watch::Sender::new(0), Counter::default());
        tokio::spawn(store_all(pool, queued, pending.clone(), lost.clone()));
        Self { queue, pending, floods: Floods::default(), lost }
    }

    /// Adds the lost entries to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        metrics.register("audit_entries_lost", "Audit entries that are only in the log lines", self.lost.clone());
    }

    /// Writes the log line of an entry, and queues it. Does not wait, and cannot fail.
    pub fn record(&self, entry: Entry) {
        entry.trace();
        self.pending.send_modify(|pending| *pending += 1);
        if self.queue.try_send(entry).is_err() {
            self.pending.send_modify(|pending| *pending -= 1);
            self.lost.inc();
        }
    }

    /// Records an exceeded limit, once a minute for a caller and a route.
    pub fn record_limit(&self, user: Option<user::Id>, origin: Origin) {
        if self.floods.is_first((user, origin.address, origin.route.clone())) {
            self.record(Entry::new(Event::LimitExceeded, Outcome::Refused, origin).of(user));
        }
    }

    /// Records a request for a conversation that does not exist or has other members, at most 30 of a user in a minute.
    pub fn record_foreign(&self, user: user::Id, conversation: conversation::Id, origin: Origin) {
        if self.floods.count_foreign(user) {
            self.record(
                Entry::new(Event::ForeignConversation, Outcome::Refused, origin).of(user).about(conversation.0),
            );
        }
    }

    /// Waits until all entries are stored, at most for this time.
    pub async fn finish(&self, max: Duration) {
        let stored = timeout(max, self.pending.subscribe().wait_for(|pending| *pending == 0)).await.is_ok();
        if !stored {
            tracing::warn!(entries = *self.pending.borrow(), timeout = ?max, "audit entries not stored");
        }
    }
}

/// Stores the entries of the queue until there is no handle left.
async fn store_all(pool: PgPool, mut queued: mpsc::Receiver<Entry>, pending: watch::Sender<usize>, lost: Counter) {
    let mut entries = Vec::new();
    while queued.recv_many(&mut entries, STORED_AT_ONCE).await > 0 {
        if let Err(failure) = store(&pool, &entries).await {
            failure.into_public();
            lost.inc_by(entries.len() as u64);
        }
        pending.send_modify(|pending| *pending -= entries.len());
        entries.clear();
    }
}

async fn store(pool: &PgPool, entries: &[Entry]) -> Result<(), Failure> {
    let mut stored = insert(pool, entries).await;
    for _ in 1..ATTEMPTS_MAX {
        if stored.is_ok() {
            break;
        }
        sleep(RETRY_INTERVAL).await;
        stored = insert(pool, entries).await;
    }
    stored
}
