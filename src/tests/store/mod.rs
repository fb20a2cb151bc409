//! Tests of the store's DynamoDB side, against an implementation of its protocol.

mod block_law;
mod blocks;
mod capacity;
mod catching_up;
mod changes;
mod cost;
mod faults;
mod fixtures;
mod golden;
mod groups;
mod inbox;
mod listing;
mod paging;
mod previews;
mod replies;
mod request_law;
mod requests;
mod schema;
mod sending;
mod starting;
mod visits;
