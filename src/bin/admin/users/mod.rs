//! `admin users`: suspends and restores users, and ends their sessions.

mod access;
mod command;

pub use command::{Command, run};
