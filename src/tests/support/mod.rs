//! What tests are made of.

pub mod dynamodb;
pub mod fake_pool;
pub mod signing;
