//! Rate limits: quotas of users, accounts and client addresses, counted over all servers.

pub mod actions;

pub mod budgets;

mod callers;

pub mod limits;

pub use actions::{Action, Caller, Spender};
pub use limits::RateLimits;
