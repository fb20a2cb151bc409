//! Settings of the traces: variables that the specification of OpenTelemetry names.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

/// Path that the endpoint of a collector is completed with.
const TRACES_PATH: &str = "v1/traces";

/// Settings of the traces. Each is also an environment variable.
#[derive(Debug, Clone, Args)]
pub struct TraceOptions {
    /// URL of an OpenTelemetry collector, such as `http://127.0.0.1:4318`. It receives the traces at `/v1/traces`. If
    /// unset, there are no traces.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", default_value = "", hide_default_value = true)]
    pub otlp_endpoint: Endpoint,

    /// URL that receives the traces. It is used as it is, and instead of that of the collector.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default_value = "", hide_default_value = true)]
    pub otlp_traces_endpoint: Endpoint,

    /// Headers for the collector, such as `api-key=…`: pairs that are separated by commas, with percent-encoded values.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true)]
    pub otlp_headers: Option<SecretString>,

    /// Protocol of the collector. There is only one.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", default_value = "http/protobuf")]
    pub otlp_protocol: Protocol,

    /// Milliseconds after which the delivery of a batch of spans is given up.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub otlp_timeout: u64,

    /// Name under which the traces of the servers appear.
    #[arg(long, env = "OTEL_SERVICE_NAME", default_value = "cruddur-messages")]
    pub service_name: String,

    /// Selection of the requests that are traced.
    #[arg(long, env = "OTEL_TRACES_SAMPLER", default_value = "parentbased_always_on")]
    pub traces_sampler: TracesSampler,

    /// Share of the requests that are traced, from 0 to 1, for the samplers by ratio.
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", default_value = "1", value_parser = ratio)]
    pub traces_sampler_arg: f64,

    /// Milliseconds between two deliveries.
    #[arg(long, env = "OTEL_BSP_SCHEDULE_DELAY", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    pub bsp_schedule_delay: u64,

    /// Maximum number of spans that wait for a delivery. Further ones are dropped.
    #[arg(long, env = "OTEL_BSP_MAX_QUEUE_SIZE", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub bsp_max_queue_size: u32,

    /// Maximum number of spans of one delivery.
    #[arg(long, env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=8_192))]
    pub bsp_max_export_batch_size: u32,
}

impl TraceOptions {
    /// Returns the URL that receives the traces. `None` if there are no traces.
    pub fn endpoint(&self) -> Option<Url> {
        let of_traces = self.otlp_traces_endpoint.0.clone();
        of_traces.or_else(|| self.otlp_endpoint.0.as_ref().map(with_traces_path))
    }
}

/// Appends the path of the traces to the URL of a collector, which may have a path of its own.
fn with_traces_path(collector: &Url) -> Url {
    let mut endpoint = collector.clone();
    endpoint.set_path(&format!("{}/{TRACES_PATH}", collector.path().trim_end_matches('/')));
    endpoint
}

/// URL of a collector. The specification treats an empty variable like one that is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint(Option<Url>);

/// Error for a configured text that is not the URL of a collector. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the URL of an OTLP/HTTP collector, such as http://127.0.0.1:4318, without name and password")]
pub struct InvalidEndpoint;

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let is_possible = |url: &Url| {
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
        };
        Url::parse(text).ok().filter(is_possible).map(|url| Self(Some(url))).ok_or(InvalidEndpoint)
    }
}

/// Protocol between the server and a collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    #[value(name = "http/protobuf")]
    HttpProtobuf,
}

/// Selection of the requests that are traced. Those that respect the parent follow the decision of a trusted proxy, if
/// the request has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TracesSampler {
    #[value(name = "always_on")]
    AlwaysOn,
    #[value(name = "always_off")]
    AlwaysOff,
    #[value(name = "traceidratio")]
    TraceIdRatio,
    #[value(name = "parentbased_always_on")]
    ParentBasedAlwaysOn,
    #[value(name = "parentbased_always_off")]
    ParentBasedAlwaysOff,
    #[value(name = "parentbased_traceidratio")]
    ParentBasedTraceIdRatio,
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "not a number from 0 to 1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        traces: TraceOptions,
    }

    fn parse(arguments: &[&str]) -> Result<TraceOptions, String> {
        let command = Command::try_parse_from(["server"].iter().chain(arguments));
        command.map(|it| it.traces).map_err(|error| error.to_string())
    }

    fn endpoint(arguments: &[&str]) -> Option<String> {
        parse(arguments).expect("options").endpoint().map(String::from)
    }

    #[test]
    fn the_endpoint_of_the_collector_is_completed_and_that_of_the_traces_is_not() {
        assert_eq!(endpoint(&[]), None);
        assert_eq!(endpoint(&["--otlp-endpoint="]), None);
        for (collector, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            ("https://example.com/otlp", "https://example.com/otlp/v1/traces"),
        ] {
            assert_eq!(endpoint(&["--otlp-endpoint", collector]).as_deref(), Some(expected));
        }
        let both = ["--otlp-endpoint=http://a.example", "--otlp-traces-endpoint=https://b.example/x"];
        assert_eq!(endpoint(&both).as_deref(), Some("https://b.example/x"));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_option() {
        for (option, value) in [
            ("--otlp-endpoint", "collector:4318"),
            ("--otlp-endpoint", "grpc://collector:4317"),
            ("--otlp-traces-endpoint", "nowhere"),
            ("--otlp-traces-endpoint", "https://name:password@collector.example"),
            ("--otlp-protocol", "grpc"),
            ("--otlp-timeout", "soon"),
            ("--traces-sampler", "sometimes"),
            ("--traces-sampler-arg", "2"),
            ("--traces-sampler-arg", "NaN"),
            ("--bsp-schedule-delay", "0"),
            ("--bsp-max-queue-size", "0"),
            ("--bsp-max-export-batch-size", "-1"),
        ] {
            let error = parse(&[&format!("{option}={value}")]).expect_err(value);
            assert!(error.contains(option), "{option}={value}: {error}");
        }
    }
}
