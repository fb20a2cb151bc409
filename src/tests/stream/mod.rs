//! Inbox rows follow the messages, whatever happens on the way: the function that moves them, and both of its drivers.

mod batch;
mod function;
mod histories;
mod history;
mod mapping;
mod reader;
mod shards;
mod takeover;
mod world;
