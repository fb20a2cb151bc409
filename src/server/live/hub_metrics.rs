//! Metrics of the hub.

use crate::server::live::hub::Hub;
use crate::server::metrics::{Computed, Metrics};

impl Hub {
    /// Adds the number of open streams to the metrics of the server.
    pub fn register(&self, metrics: &Metrics) {
        let hub = self.clone();
        let help = "Open event streams.";
        metrics.compute(Computed::gauge("event_streams", help, move || hub.stream_count() as f64));
    }
}
