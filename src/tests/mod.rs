//! Integration tests: the real parts, on port 0, each test with its own.

mod store;
mod support;
