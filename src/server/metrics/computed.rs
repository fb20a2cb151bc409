//! Metrics that are computed whenever they are read, from state that is kept anyway.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Values with the value of their label.
type Values = Box<dyn Fn() -> Vec<(&'static str, f64)> + Send + Sync>;

/// Computed metric: a single value, or one for each value of a label.
pub struct Computed {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    label: Option<&'static str>,
    values: Values,
}

impl Computed {
    /// Creates a single value that rises and falls.
    pub fn gauge(name: &'static str, help: &'static str, value: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self { name, help, kind: MetricType::Gauge, label: None, values: Box::new(move || vec![("", value())]) }
    }

    /// Creates values that rise and fall.
    pub fn gauges(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl Fn() -> Vec<(&'static str, f64)> + Send + Sync + 'static,
    ) -> Self {
        Self { name, help, kind: MetricType::Gauge, label: Some(label), values: Box::new(values) }
    }

    /// Creates values that only rise. Their name gets the suffix `_total`.
    pub fn counters(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl Fn() -> Vec<(&'static str, f64)> + Send + Sync + 'static,
    ) -> Self {
        Self { kind: MetricType::Counter, ..Self::gauges(name, help, label, values) }
    }

    fn encode_value(&self, value: f64, encoder: MetricEncoder<'_>) -> fmt::Result {
        match self.kind {
            MetricType::Counter => ConstCounter::new(value).encode(encoder),
            _ => ConstGauge::new(value).encode(encoder),
        }
    }
}

impl Collector for Computed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        let Some(label) = self.label else {
            let value = (self.values)().first().map_or(0.0, |(_, value)| *value);
            return self.encode_value(value, metric);
        };
        for (of, value) in (self.values)() {
            let labels = [(label, of)];
            self.encode_value(value, metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computed").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::metrics::Metrics;

    #[test]
    fn computed_values_are_read_anew_each_time_in_the_text_format() {
        let metrics = Metrics::default();
        let streams = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(3));
        let counted = streams.clone();
        metrics.compute(Computed::gauge("streams", "Open streams.", move || {
            f64::from(counted.load(std::sync::atomic::Ordering::Relaxed))
        }));
        metrics.compute(Computed::counters("hits", "Hits.", "cache", || vec![("users", 2.0), ("sessions", 5.0)]));
        let text = metrics.text().expect("text");
        for line in [
            "# TYPE streams gauge",
            "streams 3.0",
            "# TYPE hits counter",
            "hits_total{cache=\"users\"} 2.0",
            "hits_total{cache=\"sessions\"} 5.0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        streams.store(4, std::sync::atomic::Ordering::Relaxed);
        assert!(metrics.text().expect("text").contains("\nstreams 4.0\n"));
    }
}
