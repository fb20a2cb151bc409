//! `admin cognito`: the user pool and its accounts.

pub mod accounts;
mod command;
mod policy;
pub mod pool;

pub use command::{Command, PoolId, connect, run};
