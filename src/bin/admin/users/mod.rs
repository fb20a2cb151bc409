//! `admin users`: suspends and restores users, ends their sessions, and deletes those who have requested it.

mod access;
mod command;
mod purge;

pub use command::{Command, run};
