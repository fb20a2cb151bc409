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

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::try_join_all;

use crate::server::respond::Failure;
use crate::server::store::cursor::Direction;
use crate::server::store::dynamodb::Table;
use crate::server::store::inbox_rows;
use crate::server::store::rows::{Head, InboxRow, Timed};
use crate::server::store::table::{Item, Key, SortTime};
use crate::server::store::times::Slice;
use crate::{conversation, user};

/// The old rows of a table, as the store meets them. Cloning copies handles.
#[derive(Clone)]
pub(super) struct OldRows {
    table: Table,
    /// Once true, always true: nobody writes old rows any more.
    adopted: Arc<AtomicBool>,
}

impl OldRows {
    /// Those in `table`.
    pub(super) fn new(table: Table) -> Self {
        Self { table, adopted: Arc::default() }
    }

    /// The head of a conversation, made if it is an old one of this person's ([`heads::find_or_make`]).
    pub(super) async fn head(&self, me: user::Id, conversation: conversation::Id) -> Result<Option<Head>, Failure> {
        heads::find_or_make(&self.table, conversation, me, &[]).await
    }

    /// The old conversation that two people without a pair go on with, if they have one.
    ///
    /// No index finds it: both people's lists are read to the end, a read unit for some eight conversations. So this is
    /// done only until the whole table has been adopted, and for two people only until they have a pair.
    pub(super) async fn pair(&self, me: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
        if self.all_adopted().await? { Ok(None) } else { pairs::find(&self.table, me, other).await }
    }

    /// Rows in the order of time ([`pages::slice`]); none where their keys are in it. A read unit to know that, until the whole
    /// table has been adopted.
    pub(super) async fn in_time<T: Timed>(
        &self,
        partition: &str,
        direction: Direction,
        from: Option<&SortTime>,
        count: usize,
        read: fn(&Item) -> Option<T>,
    ) -> Result<Option<Slice<T>>, Failure> {
        if self.all_adopted().await? {
            return Ok(None);
        }
        pages::slice(&self.table, partition, direction, from, count, read).await.map(Some)
    }

    /// Which of these rows of one list stand for a conversation that has another row further up: the old app could leave
    /// two. Half a read unit for each old row, until the whole table has been adopted.
    pub(super) async fn repeated(&self, rows: &[InboxRow]) -> Result<HashSet<conversation::Id>, Failure> {
        let old: Vec<_> = rows.iter().filter(|row| row.seq == 0).collect();
        if old.is_empty() || self.all_adopted().await? {
            return Ok(HashSet::new());
        }
        let repeated = try_join_all(old.into_iter().map(|row| repeated(&self.table, row))).await?;
        Ok(repeated.into_iter().flatten().collect())
    }

    async fn all_adopted(&self) -> Result<bool, Failure> {
        if !self.adopted.load(Ordering::Relaxed) && self.table.get(&Key::Adopted).await?.is_some() {
            self.adopted.store(true, Ordering::Relaxed);
        }
        Ok(self.adopted.load(Ordering::Relaxed))
    }
}

async fn repeated(table: &Table, row: &InboxRow) -> Result<Option<conversation::Id>, Failure> {
    let all = inbox_rows::of(table, row.conversation).await?;
    let is_further_up = |other: &InboxRow| other.owner == row.owner && other.at > row.at;
    Ok(all.iter().any(is_further_up).then_some(row.conversation))
}

/// Remembers that no old row waits to be brought up to date: in a table that is new, or that has been adopted as a whole.
pub(super) async fn mark_adopted(table: &Table) -> Result<(), Failure> {
    // Refused where it is remembered already.
    let _ = table.transact(vec![table.put_if_absent(Key::Adopted.item())?]).await?;
    Ok(())
}
