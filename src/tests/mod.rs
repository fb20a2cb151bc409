//! Integration tests: the real parts, on port 0, each test with its own.

mod leptos_toml;

mod sessions;

mod sign_in;

mod store;

mod support;

mod users;
