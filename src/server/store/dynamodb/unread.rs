//! Number of unread messages in an inbox.

use std::collections::HashSet;

use crate::domain::conversation::UNREAD_COUNT_MAX;
use crate::domain::error::AppError;
use crate::domain::field_error::FieldCode;
use crate::domain::page::{Cursor, PAGE_SIZE};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::conversations::{Conversations, is_read};
use crate::server::store::dynamodb::cursor::{self, Direction};
use crate::server::store::dynamodb::rows::{InboxRow, ReadCursor};
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::{read_cursors, time_slices};

/// Number of rows per query, after the first page. The read cursors of so many conversations fit into one batch.
const SLICE_SIZE: usize = 100;

/// Maximum number of rows that are read. Older conversations do not count.
const ROWS_MAX: usize = 500;

impl Conversations {
    /// Returns the number of unread messages in a user's conversations, or in those that follow `cursor` in the list.
    /// At most [`UNREAD_COUNT_MAX`], and only in the newest [`ROWS_MAX`] conversations. A conversation marked as unread
    /// counts as one message.
    ///
    /// One read unit per dozen conversations and one per 30 read cursors, until enough unread messages are found.
    pub async fn count_unread(&self, me: user::Id, cursor: Option<&Cursor>) -> Result<u64, Failure> {
        let inbox = Key::inbox(me);
        let mut from = match cursor.map(|cursor| cursor::decode(cursor, &inbox)).transpose()? {
            Some((Direction::Newer, _)) => return Err(AppError::invalid("cursor", FieldCode::NoNewerPage).into()),
            from => from.map(|(_, at)| at),
        };
        let (mut count, mut rows_read, mut seen) = (0, 0, HashSet::new());
        loop {
            // Pending moves are merged into the newest page, which has its size.
            let size = if from.is_none() { PAGE_SIZE } else { SLICE_SIZE };
            let slice =
                time_slices::slice(&self.table, &inbox, Direction::Older, from.as_ref(), size, InboxRow::from_item);
            let mut slice = self.updates.merge(me, slice.await?, from.is_none().then_some(PAGE_SIZE)).await?;
            rows_read += slice.rows.len();
            from = slice.rows.last().map(|last| last.at.clone());
            // A conversation that moves up meanwhile has two rows.
            slice.rows.retain(|row| seen.insert(row.conversation));
            count += self.count_in(me, &slice.rows).await?;
            if count >= UNREAD_COUNT_MAX || rows_read >= ROWS_MAX || !slice.more || from.is_none() {
                return Ok(count.min(UNREAD_COUNT_MAX));
            }
        }
    }

    async fn count_in(&self, me: user::Id, rows: &[InboxRow]) -> Result<u64, Failure> {
        let conversations: Vec<_> = rows.iter().map(|row| row.conversation).collect();
        let cursors = read_cursors::get_many(&self.table, me, &conversations).await?;
        let unread = |row: &InboxRow| {
            let mut cursor = cursors.get(&row.conversation).copied().unwrap_or_default();
            self.updates.merge_cursor(row.conversation, me, &mut cursor);
            unread_in(row, &cursor)
        };
        Ok(rows.iter().map(unread).sum())
    }
}

/// Returns the number of unread messages of a conversation, as its entry in the list shows it.
fn unread_in(row: &InboxRow, cursor: &ReadCursor) -> u64 {
    let unread = if is_read(row) { 0 } else { row.seq.saturating_sub(cursor.receipts.read) };
    unread.max(cursor.is_marked().into())
}
