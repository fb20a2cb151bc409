//! Server-side code. Outside this folder only `bin/`, `tests/` and `main.rs` name a database, AWS or axum.

pub mod command_line;

pub mod config;

mod production;

pub mod telemetry;

pub mod run;

pub mod state;

pub mod failure;

mod reserved_words;

pub mod metrics;

pub mod traces;

pub mod audit;

pub mod http;

pub mod cognito;

pub mod accounts;

pub mod messaging;

pub mod live;

pub mod stream;

pub mod store;
