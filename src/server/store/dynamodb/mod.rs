//! Conversations and messages, in one DynamoDB table.

mod client;

mod call_metrics;

pub mod table;

pub mod rows;

pub mod clock;

mod cursor;

mod hints;

mod heads;

pub mod missing_parts;

pub mod member_cursors;

pub mod membership;

pub mod conversations;

pub mod messages;

mod milestones;

pub mod named_message;

mod opening;

mod parts;

mod sealed;

pub mod visits;

pub(crate) mod read_cursors;

mod blocking;

mod blocks;

mod changes;

mod deleted_members;

mod deleted_users;

pub mod earlier_texts;

mod quotes;

mod readable;

mod references;

mod requests;

mod requesting;

mod revisions;

mod search;

mod seek;

mod send;

mod single_messages;

pub mod starting;

pub mod time_slices;

mod unread;

mod usability;

pub mod write_access;

pub mod inbox;

pub mod legacy;

pub mod backoff;

pub use cursor::Direction;

pub use client::{Table, TransactionCancelled, connect, into_failure};
