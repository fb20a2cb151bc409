//! All metrics of one server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::{Metric, Registry};

use crate::server::metrics::computed::Computed;
use crate::server::metrics::dependencies::Dependencies;
use crate::server::metrics::requests::Requests;
use crate::server::metrics::sign_ins::SignIns;

/// Metrics of one server. A server in a test has its own, like everything else: nothing is global. Cloning copies
/// handles.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    /// Requests to the web server.
    pub requests: Requests,
    /// Sign-ins by outcome.
    pub sign_ins: SignIns,
    /// Availability of the dependencies.
    pub dependencies: Dependencies,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Arc::default(),
            requests: Requests::default(),
            sign_ins: SignIns::default(),
            dependencies: Dependencies::default(),
        };
        let mut registry = metrics.registry();
        metrics.requests.register(&mut registry);
        metrics.sign_ins.register(&mut registry);
        metrics.dependencies.register(&mut registry);
        drop(registry);
        metrics
    }
}

impl Metrics {
    /// Adds a metric. The name of a counter gets the suffix `_total` by itself, and the help its full stop.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry().register(name, help, metric);
    }

    /// Adds a metric that is computed whenever the metrics are read.
    pub fn compute(&self, computed: Computed) {
        self.registry().register_collector(Box::new(computed));
    }

    /// Returns all metrics in the text format of OpenMetrics.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry())?;
        Ok(text)
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        // A poisoned lock is usable: metrics are only added and read.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
