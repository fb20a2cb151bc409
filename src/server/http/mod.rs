//! The server's edge: paths, layers, forms, error pages, sessions, rate limits, the JSON API.

pub mod router;

pub mod layers;

pub mod request_limits;

pub mod rate_limits;

pub mod session;

pub mod respond;

pub mod refuse;

pub mod render;

pub mod error_page;

pub mod assets;

pub mod forms;

pub mod health;

pub mod events;

pub mod connection;

pub mod json_api;
