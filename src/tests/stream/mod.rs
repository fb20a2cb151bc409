//! The table's stream: changes, the projections that get them, and both drivers. Inbox rows follow the messages under
//! all failures.

mod batch;
mod changes;
mod function;
mod histories;
mod history;
mod mapping;
mod projections;
mod reader;
mod shards;
mod simulation;
mod takeover;
