//! The old rows of a table, as the store meets them.

use crate::server::store::dynamodb::legacy::{heads, pages, pairs};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::try_join_all;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::inbox::lookup;
use crate::server::store::dynamodb::rows::{Head, InboxRow, Timed};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};
use crate::server::store::dynamodb::time_slices::Slice;

/// The old rows of a table, as the store meets them. Cloning copies handles.
#[derive(Clone)]
pub(in crate::server::store::dynamodb) struct OldRows {
    table: Table,
    /// Once true, always true: nobody writes old rows any more.
    adopted: Arc<AtomicBool>,
}

impl OldRows {
    /// Those in `table`.
    pub(in crate::server::store::dynamodb) fn new(table: Table) -> Self {
        Self { table, adopted: Arc::default() }
    }

    /// The head of a conversation, made if it is an old one of this person's ([`heads::find_or_make`]).
    pub(in crate::server::store::dynamodb) async fn head(
        &self,
        me: user::Id,
        conversation: conversation::Id,
    ) -> Result<Option<Head>, Failure> {
        heads::find_or_make(&self.table, conversation, me, &[]).await
    }

    /// The old conversation that two people without a pair go on with, if they have one.
    ///
    /// No index finds it: both people's lists are read to the end, a read unit for some eight conversations. So this is
    /// done only until the whole table has been adopted, and for two people only until they have a pair.
    pub(in crate::server::store::dynamodb) async fn pair(
        &self,
        me: user::Id,
        other: user::Id,
    ) -> Result<Option<conversation::Id>, Failure> {
        if self.all_adopted().await? { Ok(None) } else { pairs::find(&self.table, me, other).await }
    }

    /// Rows in the order of time ([`pages::slice`]); none where their keys are in it. A read unit to know that, until the whole
    /// table has been adopted.
    pub(in crate::server::store::dynamodb) async fn in_time<T: Timed>(
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
    pub(in crate::server::store::dynamodb) async fn repeated(
        &self,
        rows: &[InboxRow],
    ) -> Result<HashSet<conversation::Id>, Failure> {
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
    let all = lookup::of(table, row.conversation).await?;
    let is_further_up = |other: &InboxRow| other.owner == row.owner && other.at > row.at;
    Ok(all.iter().any(is_further_up).then_some(row.conversation))
}

/// Remembers that no old row waits to be brought up to date: in a table that is new, or that has been adopted as a whole.
pub(in crate::server::store::dynamodb) async fn mark_adopted(table: &Table) -> Result<(), Failure> {
    // Refused where it is remembered already.
    let _ = table.transact(vec![table.put_if_absent(Key::Adopted.item())?]).await?;
    Ok(())
}
