//! What tests stand on.

pub mod browser;

pub mod cognito;

pub mod fake_pool;

pub mod postgres;

pub mod signing;
