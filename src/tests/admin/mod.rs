//! Admin tool: runs the built executable in a process of its own.

mod accounts;
mod conversations;
mod databases;
mod fixtures;
mod linking;
mod migrating;
mod purging;
mod refusals;
mod relinking;
mod reports;
mod setup;
mod tables;
mod users;
