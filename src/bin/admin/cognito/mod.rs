//! `admin cognito`: the user pool and its accounts.

pub mod accounts;
mod authenticator;
mod command;
mod mfa;
mod policy;
pub mod pool;
mod random_password;

pub use command::{Command, PoolId, connect, run};
