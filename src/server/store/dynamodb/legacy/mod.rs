//! What the old app left, brought up to date.
//!
//! It kept two kinds of rows: messages, and a row of the conversation in each person's list. It knew neither heads nor
//! pairs, so both are made when a conversation is first used (here), or all at once (`whole`). What the table lacks or has
//! too much is derived from what it has:
//!
//! - **Who is in it**: the people whom its inbox rows name. One row that is left names both. A conversation without any
//!   row, or whose rows name a third person, is nobody's. Who only wrote into it, as the old app let everybody do, is no
//!   member; what they wrote stays readable.
//! - **Where it stands**: its `seq` begins at 0, whatever is in it. Old messages have no number, and counting them would
//!   read them all: nobody needs the number, since what was there before the first numbered message is history, and read.
//!   Its `last_sk` is later than every old row, by the clock and by the text of the key, so that the next message sorts
//!   after all of them.
//! - **In which order** messages and conversations come: that of time. Their keys sort by what some clock showed, so a page
//!   is picked out of all that has a key within a day of it (`pages`).
//! - **Which one goes on** where two people have several: the one with the oldest message. The others stay where they are.
//!
//! Who opens a conversation by its address has only the index to find its rows by, which lags behind: what it does not show
//! is found the next time. There is no next time after all has been adopted at once, so that goes by the table alone.
//!
//! Every step is a write under a condition. Of two servers at one conversation one wins, and the other reads what it wrote.

mod ends;

mod heads;

mod inbox;

mod keys;

mod pages;

mod pairs;

pub mod report;

mod survey;

pub mod whole;

mod rows;

pub(super) use rows::{OldRows, mark_adopted};
