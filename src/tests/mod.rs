//! Integration tests with real dependencies; each test starts its own on port 0.
#![expect(unreachable_pub, reason = "nothing is exported from a test binary")]

mod support;

mod defects;

mod deletion;

mod deployment;

mod faults;

mod access;

mod account_errors;

mod admin;
/// The load itself is a target of its own, `audit`.
#[expect(dead_code, reason = "the tests run its parts only")]
mod audit;
mod authenticator;
mod inbox_updates;

mod audit_log;

mod audit_parts;

mod export;

mod export_memory;

mod json_api;

mod block_names;

mod blocks;

mod budgets;

mod builds;

mod caches;

mod groups;

mod health;

mod key_set;

mod live;

mod live_servers;

mod leptos_toml;

mod limits;

mod mailboxes;

mod new_conversations;

mod new_passwords;

mod message_page;

mod metrics;

mod misconfiguration;

mod legacy_tables;

mod outages;

mod own_email;

mod own_profile;

mod own_sessions;

mod page_user;
mod pages;

mod password_fields;

mod preloads;

mod presence;

mod privacy;

mod receipts;

mod refresh;

mod rendering;

mod reports;

mod requests;

mod request_logs;

mod router;

mod search;

mod secrets;

mod security;

mod sending;

mod processes;

mod server;

mod server_functions;

mod sessions;

mod shutdown;

mod sign_in;

mod sign_in_steps;

mod store;

mod stream;

mod test_names;

mod tidy;

mod tokens;

mod traces;

mod users;
