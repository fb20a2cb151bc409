//! What tests stand on.

pub mod app;

pub mod browser;

pub mod cognito;

pub mod dynamodb;

pub mod postgres;
