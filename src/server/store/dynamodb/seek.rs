//! Finding a message by its sequence number. Keys contain only times.

use time::{Duration, OffsetDateTime};

use crate::domain::page::PAGE_SIZE;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::dynamodb::time_slices;

/// Finds the first message after `seq` in a partition of messages; `None` if there is none. `newest` is the time of the
/// newest message.
///
/// Later messages have higher sequence numbers, and those of the old app, which have none, come before all others. So
/// each query of [`PAGE_SIZE`] rows halves the time span in which the message can have been sent, until the message is
/// among the rows read: one query at the beginning of a conversation, about ten in a conversation of several years, and
/// sixty at most.
pub(super) async fn first_message_after(
    table: &Table,
    partition: &str,
    seq: u64,
    newest: OffsetDateTime,
) -> Result<Option<MessageRow>, Failure> {
    // The message is later than `begin`, and is no later than the first message after `end`.
    let (mut begin, mut end): (Option<OffsetDateTime>, _) = (None, newest);
    loop {
        let middle = begin.and_then(|begin| midpoint(begin, end));
        let from = middle.or(begin);
        let start = from.map(SortTime::from);
        let direction = Direction::Newer;
        let slice =
            time_slices::slice(table, partition, direction, start.as_ref(), PAGE_SIZE, MessageRow::from_item).await?;
        let mut rows = slice.rows;
        match (rows.iter().position(|row| row.seq > seq), middle) {
            (Some(n), Some(middle)) if rows[n].seq > seq + 1 && rows[..n].iter().all(|row| row.seq == 0) => {
                // Other messages after `seq` may be on this side of the middle.
                end = middle;
            }
            (Some(n), _) => return Ok(Some(rows.swap_remove(n))),
            (None, Some(middle)) if rows.is_empty() => end = middle,
            (None, _) => {
                let next = from.max(rows.last().map(|row| row.at.wall_clock()));
                if next <= begin {
                    return Ok(None);
                }
                begin = next;
            }
        }
    }
}

/// Returns the time halfway between two times; `None` if no sort key fits between them.
fn midpoint(begin: OffsetDateTime, end: OffsetDateTime) -> Option<OffsetDateTime> {
    let gap = end - begin;
    (gap > Duration::MICROSECOND).then(|| SortTime::from(begin + gap / 2_i32).at())
}
