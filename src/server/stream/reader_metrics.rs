//! Metrics of the reader of the table's stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::Counter;

use crate::server::metrics::{Computed, Metrics};

/// Metrics of the reader of this server. Cloning copies handles.
#[derive(Clone, Default)]
pub struct ReaderMetrics {
    is_reading: Arc<AtomicBool>,
    /// Time up to which all changes of the table have been applied, in milliseconds since 1970.
    caught_up: Arc<AtomicU64>,
    failures: Counter,
    skipped: Counter,
}

/// Marks that this server reads the stream, until it is dropped.
pub(super) struct Reading(Arc<AtomicBool>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl ReaderMetrics {
    /// Adds the metrics to those of the server.
    pub fn register(&self, metrics: &Metrics) {
        let (is_reading, caught_up) = (self.is_reading.clone(), self.caught_up.clone());
        let help = "1 on the server that reads the table's stream, else 0.";
        metrics.compute(Computed::gauge("stream_reader_active", help, move || {
            f64::from(u8::from(is_reading.load(Ordering::Relaxed)))
        }));
        let help = "Time up to which this server has applied the changes of the table; 0 if it has read none.";
        metrics.compute(Computed::gauge("stream_caught_up_timestamp_seconds", help, move || {
            Duration::from_millis(caught_up.load(Ordering::Relaxed)).as_secs_f64()
        }));
        metrics.register("stream_reader_failures", "Failed steps of the stream reader", self.failures.clone());
        metrics.register("stream_records_skipped", "Records skipped after too many attempts", self.skipped.clone());
    }

    pub(super) fn begin_reading(&self) -> Reading {
        self.is_reading.store(true, Ordering::Relaxed);
        Reading(self.is_reading.clone())
    }

    /// Records that all changes up to this time have been applied.
    pub(super) fn caught_up(&self, until: SystemTime) {
        let millis = until.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.caught_up.fetch_max(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn count_failure(&self) {
        self.failures.inc();
    }

    pub(super) fn count_skipped(&self, records: u64) {
        self.skipped.inc_by(records);
    }
}
