//! Inbox rows: finding them, and moving them to the newest message.

pub mod moves;

pub(crate) mod rows;

pub use moves::move_inbox_rows;
