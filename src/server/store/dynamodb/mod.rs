//! Conversations and messages, in one DynamoDB table.

mod client;

pub mod table;

pub mod schema;

pub mod rows;

pub mod capacity;

pub mod clock;

mod cursor;

pub mod membership;

pub mod conversations;

pub mod messages;

mod read_cursors;

mod seek;

mod send;

mod time_slices;

pub mod inbox;

pub mod legacy;

pub(crate) mod backoff;

pub use client::{Table, TransactionCancelled, connect, into_failure};
