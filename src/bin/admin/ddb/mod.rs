//! `admin ddb`: DynamoDB.

mod capacity;
mod command;
mod conversations;
mod legacy;
mod migrate_legacy;
mod scan;
pub mod schema;
pub mod seed;
mod table;

pub use command::{Command, TableName, connect, run};
