//! Integration tests: the real parts, on port 0, each test with its own.

mod key_set;
mod store;
mod support;
mod tokens;
