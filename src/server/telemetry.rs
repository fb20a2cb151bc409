//! Logs. They contain no tokens, e-mail addresses or message texts.

use tracing_subscriber::EnvFilter;

use crate::server::config::LogFormat;

/// Initializes logging to standard error. `RUST_LOG` sets the filter; the default level is `info`.
pub fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tower_http=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
