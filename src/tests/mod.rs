//! Integration tests: the real parts, on port 0, each test with its own.

mod support;

mod pages;

mod server;

mod server_functions;

mod store;

mod tidy;
