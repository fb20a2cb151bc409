//! Legacy rows of a table, as the store uses them.

use std::collections::HashSet;

use futures::future::try_join_all;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::{heads, pages};
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::rows::{Head, InboxRow, Timed};
use crate::server::store::dynamodb::table::{Item, Key, SortTime};
use crate::server::store::dynamodb::time_slices::Slice;

/// Legacy rows of a table, as the store uses them. Cloning copies handles.
#[derive(Clone)]
pub(in crate::server::store::dynamodb) struct LegacyRows {
    table: Table,
}

impl LegacyRows {
    /// Creates a view of the legacy rows in `table`.
    pub(in crate::server::store::dynamodb) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Returns the right of `me` to a conversation; `None` if it does not exist or they are not a member. Without the
    /// `head`, reads it, and creates it for a legacy conversation ([`heads::find_or_create`]).
    pub(in crate::server::store::dynamodb) async fn membership(
        &self,
        me: user::Id,
        conversation: conversation::Id,
        head: Option<Head>,
    ) -> Result<Option<Membership>, Failure> {
        let head = match head {
            Some(head) => Some(head),
            None => heads::find_or_create(&self.table, conversation, me, &[]).await?,
        };
        Ok(head.and_then(|head| Membership::new(conversation, me, head)))
    }

    /// Returns rows sorted by time ([`pages::slice`]); `None` if the keys sort by time already, because the table has
    /// been migrated. Until then, the check costs one read unit.
    pub(in crate::server::store::dynamodb) async fn sorted_by_time<T: Timed>(
        &self,
        partition: &str,
        direction: Direction,
        from: Option<&SortTime>,
        count: usize,
        read: fn(&Item) -> Option<T>,
    ) -> Result<Option<Slice<T>>, Failure> {
        if self.is_migrated().await? {
            return Ok(None);
        }
        pages::slice(&self.table, partition, direction, from, count, read).await.map(Some)
    }

    /// Returns the conversations of these rows of one inbox for which the same inbox has a newer row: the old app could
    /// leave two. Half a read unit per legacy row, until the whole table has been migrated.
    pub(in crate::server::store::dynamodb) async fn superseded(
        &self,
        rows: &[InboxRow],
    ) -> Result<HashSet<conversation::Id>, Failure> {
        let legacy: Vec<_> = rows.iter().filter(|row| row.seq == 0).collect();
        if legacy.is_empty() || self.is_migrated().await? {
            return Ok(HashSet::new());
        }
        let superseded = try_join_all(legacy.into_iter().map(|row| superseded(&self.table, row))).await?;
        Ok(superseded.into_iter().flatten().collect())
    }

    /// Reports whether the table has been migrated. One read unit, until it has. It stays so: rows that the old app
    /// writes later get a number, and with it a key that sorts by time.
    pub(in crate::server::store::dynamodb) async fn is_migrated(&self) -> Result<bool, Failure> {
        if !self.table.hints().is_migrated() && self.table.get(&Key::Migrated).await?.is_some() {
            self.table.hints().keep_migrated();
        }
        Ok(self.table.hints().is_migrated())
    }
}

async fn superseded(table: &Table, row: &InboxRow) -> Result<Option<conversation::Id>, Failure> {
    let all = inbox_rows::by_conversation(table, row.conversation).await?;
    let is_newer = |other: &InboxRow| other.owner == row.owner && other.at > row.at;
    Ok(all.iter().any(is_newer).then_some(row.conversation))
}
