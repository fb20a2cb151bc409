//! Tests of the store's DynamoDB side, against an implementation of its protocol.

mod capacity;
mod cost;
mod faults;
mod fixtures;
mod golden;
mod groups;
mod inbox;
mod listing;
mod paging;
mod schema;
mod sending;
mod starting;
