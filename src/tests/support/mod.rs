//! What tests stand on.

pub mod app;

pub mod browser;

pub mod cognito;

pub mod dynamodb;

pub mod fake_pool;

pub mod faults;

pub mod items;
pub mod line;

pub mod lambda;

pub mod old_app;

pub mod postgres;

pub mod scene;

pub mod signing;

pub mod streams;

pub mod until;

pub mod wire;
