//! `admin db`: PostgreSQL.

mod command;
mod database;
mod link;
mod psql;
mod seed;
mod server;
mod user_links;

pub use command::{Command, Database, run};
pub use database::NoDatabase;
pub use user_links::UserLinks;
