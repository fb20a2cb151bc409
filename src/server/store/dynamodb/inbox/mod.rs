//! Inbox rows: finding them, moving them to the newest message, and the updates that follow a stored message.

mod carried_out;

pub mod moves;

mod pending;

pub mod rows;

mod updates;

pub use moves::{move_inbox_rows, repair_inbox_rows};
pub use updates::InboxUpdates;
