//! Fixtures of the tests: servers, databases, fakes and proxies.

pub mod acceptance;

pub mod admin_code;

pub mod app;

pub mod browser;

pub mod cognito;

pub mod collector;

pub mod dynamodb;

mod fake_accounts;

pub mod fake_challenges;

pub mod fake_pool;

pub mod fake_streams;

pub mod fault_proxy;

pub mod in_memory_dynamodb;

pub mod items;

pub mod lambda;

pub mod legacy_app;

pub mod log;

pub mod logged_server;

pub mod old_back_end;

pub mod old_stream_handler;

pub mod pgbouncer;

pub mod postgres;

pub mod raw_http;

pub mod second_server;

pub mod series;

pub mod session_fixture;

pub mod signing;

pub mod statement_counter;

pub mod tcp_proxy;

pub mod totp;

pub mod wait_until;
