//! Pages of legacy rows sorted by time, which is not the order of their keys.

use std::collections::HashSet;

use time::Duration;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::Timed;
use crate::server::store::dynamodb::table::{Item, SortTime};
use crate::server::store::dynamodb::time_slices::{self, Slice};

/// Maximum distance between the wall-clock time that a key sorts by and its real time: offsets have at most 23 hours
/// and 59 minutes (RFC 3339, 5.6).
const REACH: Duration = Duration::DAY;

/// Reads `count` rows next to the time `from`, or from the end where `direction` starts. Rows of the same instant as
/// the last one are included, so that the next slice can start from its time.
///
/// Queries twice as many rows at once, until no remaining row can belong to the slice: all rows whose keys are within a
/// day of it have been read by then.
pub(super) async fn slice<T: Timed>(
    table: &Table,
    partition: &str,
    direction: Direction,
    from: Option<&SortTime>,
    count: usize,
    read: fn(&Item) -> Option<T>,
) -> Result<Slice<T>, Failure> {
    // The next row by time can have a key on the near side of `from`.
    let back = if direction == Direction::Older { REACH } else { -REACH };
    let mut start = from.map(|from| SortTime::from(from.at().saturating_add(back)));
    let mut rows: Vec<T> = Vec::new();
    loop {
        let slice = time_slices::slice(table, partition, direction, start.as_ref(), 2 * count, read).await?;
        start = slice.rows.last().map(|last| last.at().clone());
        rows.extend(slice.rows.into_iter().filter(|row| from.is_none_or(|from| is_beyond(row, direction, from))));
        rows.sort_unstable_by(|one, other| match direction {
            Direction::Older => other.at().cmp(one.at()),
            Direction::Newer => one.at().cmp(other.at()),
        });
        // The old app could leave two inbox rows of one conversation.
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.entity_id()));
        let end = (count..rows.len()).find(|&n| rows[n].at().at() != rows[n - 1].at().at());
        let is_settled = start.as_ref().zip(end).is_some_and(|(last, end)| is_out_of_reach(&rows[end], last));
        if is_settled || !slice.more {
            let end = end.unwrap_or(rows.len());
            let more = end < rows.len();
            rows.truncate(end);
            return Ok(Slice { rows, more });
        }
    }
}

fn is_beyond(row: &impl Timed, direction: Direction, from: &SortTime) -> bool {
    match direction {
        Direction::Older => row.at().at() < from.at(),
        Direction::Newer => row.at().at() > from.at(),
    }
}

/// Returns `true` if no row after `last` by key can come before `row` by time.
fn is_out_of_reach(row: &impl Timed, last: &SortTime) -> bool {
    (last.wall_clock() - row.at().at()).abs() > REACH
}
