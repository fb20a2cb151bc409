//! The server's side. Nothing outside this folder, `bin/` and `main.rs` names a database, AWS or axum.

pub mod config;

pub mod telemetry;

pub mod run;

pub mod state;

pub mod router;

pub mod layers;

pub mod assets;

pub mod plain_page;

pub mod forms;

pub mod json_api;

pub mod health;

pub mod respond;

pub mod limits;

pub mod session;

pub mod cognito;

pub mod accounts;

pub mod messaging;

pub mod receipts;

pub mod settings;

pub mod live;

pub mod stream;

pub mod store;
