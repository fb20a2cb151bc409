//! What the server is told from outside: one variable a line, read and checked before anything is opened.

use std::path::PathBuf;

use clap::Parser;
use secrecy::SecretString;

use crate::server::http::json_api::cors::Origins;

/// The configuration of the web server. Every option is also an environment variable.
#[derive(Debug, Clone, Parser)]
#[command(name = "cruddur-messages", about = "Direct messages between people who sign in.")]
pub struct Config {
    /// PostgreSQL, as a URL: people and sessions.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,

    /// The DynamoDB table of conversations and messages.
    #[arg(long, env = "DDB_MESSAGE_TABLE", default_value = "cruddur-messages")]
    pub message_table: String,

    /// The Cognito user pool, such as `eu-central-1_Ab12Cd34E`. Its region and issuer follow from it.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_ID")]
    pub user_pool_id: String,

    /// The app client of the pool.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_CLIENT_ID")]
    pub client_id: String,

    /// The app client's secret, where it has one.
    #[arg(long, env = "AWS_COGNITO_USER_POOL_CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: Option<SecretString>,

    /// Where Cognito answers, when it is not AWS: the SDK's own variable, also used for the key set.
    #[arg(long, env = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")]
    pub cognito_endpoint: Option<String>,

    /// 32 random bytes in base64: seals the refresh tokens that are stored with sessions.
    #[arg(long, env = "SESSION_KEY", hide_env_values = true)]
    pub session_key: SecretString,

    /// The origin that browsers see, such as `https://messages.example.com`. Without it the `Host` header is believed.
    #[arg(long, env = "PUBLIC_ORIGIN")]
    pub public_origin: Option<String>,

    /// Other sites whose scripts may call the JSON API, separated by commas, such as `https://app.example.com`.
    #[arg(long, env = "API_ORIGINS", default_value = "", hide_default_value = true)]
    pub api_origins: Origins,

    /// How many proxies stand in front and append to `X-Forwarded-For`. 0: the peer's address counts.
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 0)]
    pub trusted_proxies: usize,

    /// How many seconds a connection may be silent before a request, or take for its headers. More than a load balancer
    /// keeps a connection that is idle (AWS: 60), or it would ask on one that has just been closed.
    #[arg(long, env = "HEADER_READ_TIMEOUT_SECS", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub header_read_timeout_secs: u64,

    /// Says that this is a developer's machine: a release build then accepts a key set over plain http.
    #[arg(long, env = "LOCAL", default_value_t = false, action = clap::ArgAction::Set)]
    pub local: bool,

    /// Whether this server reads the table's stream, in turns with the others. Off where the Lambda function does.
    #[arg(long, env = "READ_STREAM", default_value_t = true, action = clap::ArgAction::Set)]
    pub read_stream: bool,

    /// Where several servers tell each other what happens, such as `nats://127.0.0.1:4222`. Not set: this is the only one.
    #[arg(long, env = "NATS_URL")]
    pub nats_url: Option<String>,

    /// The file with the run-time settings of Leptos.
    #[arg(long, env = "LEPTOS_CONFIG", default_value = "Leptos.toml")]
    pub leptos_config: PathBuf,

    /// How logs are written: `text` for people, `json` for machines.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
