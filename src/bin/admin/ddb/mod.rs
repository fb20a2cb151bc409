//! `admin ddb`: DynamoDB.

mod command;
mod conversations;
mod migrate_legacy;
mod scan;
pub mod seed;
mod table;

pub use command::{Command, TableName, connect, run};
