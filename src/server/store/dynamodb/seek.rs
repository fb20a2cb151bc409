//! Where in a conversation a place is. Keys know only times.

use time::{Duration, OffsetDateTime};

use crate::domain::page::PAGE_SIZE;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::dynamodb::time_slices;

/// The first message after the place `seq` in a partition with messages; none where there is none. `newest` is when the
/// newest one was sent.
///
/// Later messages have higher places, and those of the old app, which have none, come before all others. So each query of
/// [`PAGE_SIZE`] rows halves the time in which it can have been sent, until it is among them: one query at the beginning of
/// a conversation, some ten in one of years, and sixty at the most.
pub(super) async fn first_after(
    table: &Table,
    partition: &str,
    seq: u64,
    newest: OffsetDateTime,
) -> Result<Option<MessageRow>, Failure> {
    // It comes after `begin`, and is not beyond what comes next after `end`.
    let (mut begin, mut end): (Option<OffsetDateTime>, _) = (None, newest);
    loop {
        let middle = begin.and_then(|begin| halfway(begin, end));
        let from = middle.or(begin);
        let start = from.map(SortTime::from);
        let direction = Direction::Newer;
        let slice =
            time_slices::slice(table, partition, direction, start.as_ref(), PAGE_SIZE, MessageRow::read).await?;
        let mut rows = slice.rows;
        match (rows.iter().position(|row| row.seq > seq), middle) {
            (Some(n), Some(middle)) if rows[n].seq > seq + 1 && rows[..n].iter().all(|row| row.seq == 0) => {
                // Others that come after `seq` may be on the near side of the middle.
                end = middle;
            }
            (Some(n), _) => return Ok(Some(rows.swap_remove(n))),
            (None, Some(middle)) if rows.is_empty() => end = middle,
            (None, _) => {
                let next = from.max(rows.last().map(|row| row.at.shown()));
                if next <= begin {
                    return Ok(None);
                }
                begin = next;
            }
        }
    }
}

/// The time in the middle between two; none where there is no other that a key can have.
fn halfway(begin: OffsetDateTime, end: OffsetDateTime) -> Option<OffsetDateTime> {
    let gap = end - begin;
    (gap > Duration::MICROSECOND).then(|| SortTime::from(begin + gap / 2_i32).at())
}
