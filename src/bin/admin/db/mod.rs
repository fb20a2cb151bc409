//! `admin db`: PostgreSQL.

mod command;
mod link;
mod psql;
mod seed;
mod server;

pub use command::{Command, Database, run};
