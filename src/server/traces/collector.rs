//! Delivery of spans to a collector.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Exporter for the thread of the SDK that delivers spans. The HTTP client needs the runtime of the server, which that
/// thread does not belong to, so each delivery is a task of the runtime.
#[derive(Debug)]
pub(super) struct Collector {
    exporter: Arc<OtlpExporter>,
    runtime: Handle,
    /// Time of a delivery, with its retries.
    timeout: Duration,
    /// True from a failed delivery until the next one that succeeds, so that an outage is logged once.
    is_failing: AtomicBool,
}

impl Collector {
    pub(super) fn new(exporter: OtlpExporter, runtime: Handle, timeout: Duration) -> Self {
        Self { exporter: Arc::new(exporter), runtime, timeout, is_failing: AtomicBool::new(false) }
    }

    fn log_change(&self, result: &OTelSdkResult) {
        let was_failing = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_failing => tracing::warn!(%error, "traces not delivered"),
            Ok(()) if was_failing => tracing::info!("traces delivered again"),
            Ok(()) | Err(_) => {}
        }
    }
}

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (exporter, limit) = (self.exporter.clone(), self.timeout);
        let delivery = self.runtime.spawn(async move {
            timeout(limit, exporter.export(batch)).await.unwrap_or(Err(OTelSdkError::Timeout(limit)))
        });
        let result = delivery.await.unwrap_or_else(|error| Err(OTelSdkError::InternalFailure(error.to_string())));
        self.log_change(&result);
        result
    }

    fn set_resource(&mut self, resource: &Resource) {
        // The resource is set once, before the first delivery shares the exporter.
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}
