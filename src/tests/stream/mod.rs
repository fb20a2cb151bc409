//! Inbox rows follow the messages under all failures: the function that moves them, and both of its drivers.

mod batch;
mod function;
mod histories;
mod history;
mod mapping;
mod reader;
mod shards;
mod simulation;
mod takeover;
