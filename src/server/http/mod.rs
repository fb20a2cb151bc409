//! HTTP: router, layers, sessions, forms, error pages, events, rate limits and the JSON API.

pub mod router;

pub mod request_head;

pub mod layers;

pub mod body;

pub mod media_type;

pub mod client_address;

pub mod client_place;

pub mod origin;

pub mod request_limits;

pub mod request_budgets;

pub mod rate_limits;

pub mod session;

pub mod respond;

pub mod error_response;

pub mod render;

pub mod error_page;

pub mod assets;

pub mod build_files;

pub mod forms;

pub mod health;

pub mod privacy;

pub mod contacts;

pub mod security_txt;

pub mod store_checks;

pub mod events;

pub mod connection;

pub mod metrics_server;

pub mod request_traces;

pub mod json_api;
