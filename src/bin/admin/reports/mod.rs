//! `admin reports`: reports of messages and users.

mod command;
mod rows;

pub use command::{Command, run};
