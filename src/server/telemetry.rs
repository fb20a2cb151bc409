//! Logs, and the traces beside them. They contain no tokens, e-mail addresses or message texts.

use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::server::config::{Config, LogFormat};
use crate::server::traces::{Traces, request};

/// Initializes logging to standard error. `RUST_LOG` sets the filter; the default level is `info`.
pub fn init(format: LogFormat) {
    let builder = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

/// Initializes logging like [`init`], and the traces if there is a collector for them. Without one, a request costs no
/// more than before.
pub fn init_with_traces(config: &Config, runtime: &Handle) -> anyhow::Result<Option<Traces>> {
    let traces = Traces::start(&config.traces, runtime.clone())?;
    match &traces {
        Some(traces) => init_both(config.log_format, traces),
        None => init(config.log_format),
    }
    Ok(traces)
}

fn init_both(format: LogFormat, traces: &Traces) {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => log.json().flatten_event(true).boxed(),
    };
    // A line names the log's span of its request. That of the traces would only repeat it.
    let without_traces = format!("{}=off", request::TARGET).parse().expect("a target and a level");
    let log = log.with_filter(filter().add_directive(without_traces));
    let registry = tracing_subscriber::registry().with(log);
    registry.with(traces.spans()).with(traces.activation()).with(traces.statements()).init();
}

fn filter() -> EnvFilter {
    // An empty filter would let nothing pass, the audit log included.
    let set = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|set| !set.trim().is_empty());
    set.and_then(|set| EnvFilter::try_new(set).ok()).unwrap_or_else(|| EnvFilter::new("info,tower_http=info"))
}
