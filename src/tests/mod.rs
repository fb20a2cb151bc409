//! Integration tests: the real parts, on port 0, each test with its own.
#![expect(unreachable_pub, reason = "nothing is exported from a test binary")]

mod support;

mod defects;

mod admin;
mod json_api;

mod key_set;

mod live;

mod live_servers;

mod leptos_toml;

mod limits;

mod old_tables;

mod outages;

mod pages;

mod presence;

mod receipts;

mod refresh;

mod refusals;

mod secrets;

mod processes;

mod server;

mod server_functions;

mod sessions;

mod sign_in;

mod store;

mod stream;

mod tidy;

mod tokens;

mod users;
