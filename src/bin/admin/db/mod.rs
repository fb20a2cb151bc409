//! `admin db`: PostgreSQL.

mod command;
mod database;
mod link;
mod psql;
mod seed;
mod server;

pub use command::{Command, Database, run};
