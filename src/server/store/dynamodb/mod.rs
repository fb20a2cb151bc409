//! Conversations and messages, in one DynamoDB table.

mod client;

pub mod table;

pub mod rows;

pub mod clock;

mod cursor;

mod heads;

pub mod missing_parts;

pub mod membership;

pub mod conversations;

pub mod messages;

pub(crate) mod read_cursors;

mod seek;

mod send;

pub mod starting;

pub mod time_slices;

mod unread;

pub mod write_access;

pub mod inbox;

pub mod legacy;

pub mod backoff;

pub use cursor::Direction;

pub use client::{Table, TransactionCancelled, connect, into_failure};
