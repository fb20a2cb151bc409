//! Start and end of the traces, and their layers of the log's subscriber.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::{HeaderName, HeaderValue};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::registry::LookupSpan;

use crate::server::traces::activation::{Activation, is_of_request};
use crate::server::traces::collector::Collector;
use crate::server::traces::filter;
use crate::server::traces::options::{TraceOptions, TracesSampler};
use crate::server::traces::statements::Statements;
use crate::server::traces::trace_ids::TraceIds;

/// Time that the last spans have at a shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Traces of this server. Ended spans wait in a queue for a thread that delivers them. If it is full, spans are
/// dropped: no request waits.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Starts the traces if there is a collector for them. Deliveries are tasks of `runtime`. The collector need not be
    /// there yet. Fails if the configuration is invalid.
    pub fn start(options: &TraceOptions, runtime: Handle) -> anyhow::Result<Option<Self>> {
        let Some(endpoint) = options.endpoint() else { return Ok(None) };
        let timeout = Duration::from_millis(options.otlp_timeout);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_timeout(timeout)
            .with_headers(headers(options.otlp_headers.as_ref())?)
            .build()
            .context("start the traces")?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(options.bsp_max_queue_size as usize)
            .with_max_export_batch_size(options.bsp_max_export_batch_size as usize)
            .with_scheduled_delay(Duration::from_millis(options.bsp_schedule_delay))
            .build();
        let processor = BatchSpanProcessor::builder(Collector::new(exporter, runtime, timeout));
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let name = options.service_name.clone();
        let provider = SdkTracerProvider::builder()
            .with_resource(Resource::builder().with_service_name(name).with_attribute(version).build())
            .with_id_generator(TraceIds::default())
            .with_sampler(sampler(options))
            .with_span_processor(processor.with_batch_config(batches).build())
            .build();
        let tracer = provider.tracer(env!("CARGO_PKG_NAME"));
        Ok(Some(Self { provider, tracer }))
    }

    /// Returns the layer that makes the spans of requests and of their calls.
    pub fn spans<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self) -> impl Layer<S> + use<S> {
        let layer = tracing_opentelemetry::layer().with_tracer(self.tracer.clone());
        // Without attributes that say the same of each span of a kind.
        let layer = layer.with_location(false).with_threads(false).with_target(false).with_tracked_inactivity(false);
        layer.with_filter(filter::SPANS)
    }

    /// Returns the layer that makes the spans of requests known in their tasks.
    pub fn activation<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        Activation.with_filter(FilterFn::new(is_of_request))
    }

    /// Returns the layer that makes the spans of statements.
    pub fn statements<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        Statements(self.tracer.clone()).with_filter(filter::STATEMENTS_OF_REQUESTS)
    }

    /// Delivers the spans that wait. Blocks for some seconds at most.
    pub fn finish(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::warn!(%error, "last traces not delivered");
        }
    }
}

fn sampler(options: &TraceOptions) -> Sampler {
    let by_ratio = || Sampler::TraceIdRatioBased(options.traces_sampler_arg);
    let or_parent = |sampler: Sampler| Sampler::ParentBased(Box::new(sampler));
    match options.traces_sampler {
        TracesSampler::AlwaysOn => Sampler::AlwaysOn,
        TracesSampler::AlwaysOff => Sampler::AlwaysOff,
        TracesSampler::TraceIdRatio => by_ratio(),
        TracesSampler::ParentBasedAlwaysOn => or_parent(Sampler::AlwaysOn),
        TracesSampler::ParentBasedAlwaysOff => or_parent(Sampler::AlwaysOff),
        TracesSampler::ParentBasedTraceIdRatio => or_parent(by_ratio()),
    }
}

/// Parses the headers for the collector. The error does not contain them: they are secrets.
fn headers(text: Option<&SecretString>) -> anyhow::Result<HashMap<String, String>> {
    let pairs = text.map_or("", |text| text.expose_secret()).split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?.to_string();
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?.into_owned();
        HeaderValue::from_str(&value).is_ok().then_some((name, value))
    };
    let parsed: Option<HashMap<_, _>> = pairs.map(header).collect();
    ensure!(parsed.is_some(), "OTEL_EXPORTER_OTLP_HEADERS is not a list of headers: name=value, separated by commas");
    Ok(parsed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_pairs_with_percent_encoded_values() {
        let parse = |text: &str| headers(Some(&text.into()));
        let parsed = parse("api-key=a%20b, X-Scope = c=d,").expect("headers");
        let expected =
            [("api-key", "a b"), ("x-scope", "c=d")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parsed, expected.into());
        assert_eq!(headers(None).expect("none"), HashMap::new());
        for text in ["api-key", "api key=secret", "=secret", "a=secret%0a", "a=secret%ff"] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains("OTEL_EXPORTER_OTLP_HEADERS") && !error.contains(text), "{error}");
        }
    }
}
