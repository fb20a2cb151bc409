//! `admin db`: PostgreSQL.

mod command;
mod confirmed_links;
mod database;
mod link;
mod psql;
mod relink;
mod seed;
mod server;
mod user_links;

pub use command::{Command, Database, run};
pub use database::NoDatabase;
pub use user_links::UserLinks;
