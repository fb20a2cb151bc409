//! What tests are made of.

pub mod dynamodb;
