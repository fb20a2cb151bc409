//! Legacy rows: reading them as they are, and migrating them.
//!
//! The old app wrote two kinds of rows: messages, and one inbox row per member and conversation. It had neither heads
//! nor pairs, so both are created when a legacy conversation is first used (here), or for the whole table at once
//! (`admin ddb migrate-legacy`). The missing data is derived from the rows that exist:
//!
//! - **Members**: the two users that the inbox rows name. A single remaining row names both. A conversation without
//!   inbox rows, or whose rows name a third user, has no members and cannot be opened. The old app let every user write
//!   into every conversation: an author who is not a member does not become one, and their messages stay readable.
//! - **Sequence numbers**: `seq` starts at 0, however many messages there are. Numbering the legacy messages would mean
//!   reading them all, and nothing needs their numbers: whatever precedes the first numbered message counts as read.
//!   The head's `last_sk` is later than every legacy row, both as a time and as the text of the key, so that the next
//!   message sorts after all of them.
//! - **Order** of messages and conversations: by time. Legacy keys sort by a local wall clock, so a page is selected
//!   from all rows whose keys are within a day of it (`pages`).
//! - **Several conversations of one pair**: new messages go to the one with the oldest message. The others stay where
//!   they are.
//!
//! If a user opens a conversation by its address, its inbox rows can be found only through the index, which is
//! eventually consistent: a row that it does not show yet is found the next time. After a migration there is no next
//! time, so the migration reads the table itself and never the index.
//!
//! The old app may keep writing beside this program: [`numbering`] gives its new messages numbers.
//!
//! Every step is a conditional write. If two servers work on the same conversation, one wins, and the other reads what
//! the winner wrote.

pub mod ends;

pub mod heads;

pub mod numbering;

mod pages;

pub mod pairs;

mod rows;

pub(super) use rows::LegacyRows;
