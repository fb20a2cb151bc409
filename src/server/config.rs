//! Configuration, read and checked before any connection is opened.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use secrecy::SecretString;

use crate::server::http::contacts::Contacts;
use crate::server::http::json_api::cors::Origins;
use crate::server::traces::TraceOptions;

/// Configuration of the web server. Every option is also an environment variable.
#[derive(Debug, Clone, Parser)]
#[command(name = "cruddur-messages", about = "Direct messages between people who sign in.")]
pub struct Config {
    /// URL of the PostgreSQL database of users and sessions.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,

    /// Name of the DynamoDB table of conversations and messages.
    #[arg(long, env = "DDB_MESSAGE_TABLE", default_value = "cruddur-messages")]
    pub message_table: String,

    /// Id of the Cognito user pool, such as `eu-central-1_Ab12Cd34E`. Region and issuer are derived from it.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
    pub user_pool_id: String,

    /// Id of the user pool's app client.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_CLIENT_ID")]
    pub client_id: String,

    /// Secret of the app client, if it has one.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: Option<SecretString>,

    /// True if the user pool has threat protection (plan Plus) and its app client takes the addresses of users
    /// (`EnablePropagateAdditionalUserContextData`). Each sign-in then names the address of the client.
    #[arg(long, env = "THREAT_PROTECTION", default_value_t = false, action = clap::ArgAction::Set)]
    pub threat_protection: bool,

    /// URL of a Cognito outside AWS. The SDK's own variable; the key set is fetched from there as well.
    #[arg(long, env = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")]
    pub cognito_endpoint: Option<String>,

    /// Keys that encrypt the stored refresh tokens, separated by commas: random texts of at least 32 characters. The
    /// first one encrypts, and all decrypt.
    #[arg(long, env = "SESSION_KEY", hide_env_values = true)]
    pub session_key: SecretString,

    /// Origin of the site, such as `https://messages.example.com`. Required, except on a developer's machine, where the
    /// `Host` header is trusted if it is unset.
    #[arg(long, env = "PUBLIC_ORIGIN")]
    pub public_origin: Option<String>,

    /// Origins whose scripts may call the JSON API, separated by commas, such as `https://app.example.com`.
    #[arg(long, env = "API_ORIGINS", default_value = "", hide_default_value = true)]
    pub api_origins: Origins,

    /// Contacts for reports of weaknesses, separated by commas, such as `mailto:security@example.com`. They are
    /// published in `/.well-known/security.txt`, which does not exist without them.
    #[arg(long, env = "SECURITY_CONTACT", default_value = "", hide_default_value = true)]
    pub security_contact: Contacts,

    /// Folder with the files of several builds by their addresses, as `bin/builds` keeps it. Pages of another build
    /// load their parts from there. If unset, there are only the files of this build.
    #[arg(long, env = "BUILDS_FOLDER")]
    pub builds_folder: Option<PathBuf>,

    /// Number of proxies in front of the server that append to `X-Forwarded-For`. 0 uses the address of the peer.
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,

    /// True if CloudFront is in front of the server and adds its headers with the city and the country of the client.
    /// From any other proxy they would be what a client writes.
    #[arg(long, env = "CLOUDFRONT", default_value_t = false, action = clap::ArgAction::Set)]
    pub cloudfront: bool,

    /// Factor by which the budgets of users and client addresses for pages, calls, streams and messages are larger than
    /// usual, for a measurement, or for a site whose users share few addresses.
    #[arg(long, env = "BUDGETS_FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub budgets_factor: u32,

    /// Seconds that a connection may be idle before a request, or may take to send the headers. Must exceed the idle
    /// timeout of a load balancer (AWS: 60), which would otherwise send requests on connections that were just closed.
    #[arg(long, env = "HEADER_READ_TIMEOUT_SECS", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub header_read_timeout_secs: u64,

    /// Maximum number of open connections. Each page has one for its events. Further connections are closed.
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections_max: u32,

    /// Marks a developer's machine: the server then starts without an origin and without TLS to PostgreSQL and the bus,
    /// and a release build accepts a key set over plain http.
    #[arg(long, env = "LOCAL", default_value_t = false, action = clap::ArgAction::Set)]
    pub local: bool,

    /// Lets this server take part in reading the table's stream; one server at a time reads it. Turn it off if the
    /// Lambda function does.
    #[arg(long, env = "READ_STREAM", default_value_t = true, action = clap::ArgAction::Set)]
    pub read_stream: bool,

    /// URL of the bus between servers, such as `nats://127.0.0.1:4222`. Leave it unset for a single server.
    #[arg(long, env = "NATS_URL", hide_env_values = true)]
    pub nats_url: Option<SecretString>,

    /// File with the certificate of the authority that has signed the certificate of the bus, if it is a private one.
    #[arg(long, env = "NATS_ROOT_CERTIFICATE")]
    pub nats_root_certificate: Option<PathBuf>,

    /// Address at which Prometheus reads the metrics, such as `0.0.0.0:9090`. It must not be reachable from outside. If
    /// unset, there are no metrics.
    #[arg(long, env = "METRICS_ADDRESS")]
    pub metrics_address: Option<SocketAddr>,

    #[command(flatten)]
    pub traces: TraceOptions,

    /// Seconds from SIGTERM until the server refuses connections. It is not ready from SIGTERM on, and needs this time
    /// because the load balancer goes on sending requests until it has noticed.
    #[arg(long, env = "SHUTDOWN_DELAY_SECS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(0..=60))]
    pub shutdown_delay_secs: u64,

    /// Seconds after that delay over which the event streams are ended, so that not all pages come back at once.
    #[arg(long, env = "STREAM_CLOSE_SECS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=300))]
    pub stream_close_secs: u64,

    /// File with the run-time settings of Leptos.
    #[arg(long, env = "LEPTOS_CONFIG", default_value = "Leptos.toml")]
    pub leptos_config: PathBuf,

    /// Log format: `text` for people, `json` for machines.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl Config {
    /// Time from SIGTERM until the server refuses connections.
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay_secs)
    }

    /// Time over which the event streams are ended.
    pub fn stream_close_time(&self) -> Duration {
        Duration::from_secs(self.stream_close_secs)
    }
}

/// Log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    /// One JSON object per line.
    Json,
}
