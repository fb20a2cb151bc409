//! Reading part of a partition in the order of its times.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::table::{Item, PK, SK, SortTime, TIMES};
use crate::server::store::dynamodb::{Table, into_failure};

/// Part of a partition.
pub struct Slice<T> {
    /// Rows in reading order, starting next to `from`.
    pub rows: Vec<T>,
    /// True if the partition continues after the last of `rows`.
    pub more: bool,
}

/// Reads up to `count` rows whose sort key is a time, starting next to `from`, or at the end of the partition where
/// `direction` starts. `read` decodes a row, or returns `None` to skip it; skipped rows do not count. Strongly
/// consistent: one read unit per 4 KB, however long the partition is.
pub async fn slice<T>(
    table: &Table,
    partition: &str,
    direction: Direction,
    from: Option<&SortTime>,
    count: usize,
    mut read: impl FnMut(&Item) -> Option<T>,
) -> Result<Slice<T>, Failure> {
    let mut rows = Vec::with_capacity(count + 1);
    let mut start = from.map(|from| start_key(partition, from));
    // Bounded by `from` as well: DynamoDB starts there by itself, but some other implementations of its protocol would
    // read all rows before it.
    let from = from.map(SortTime::as_str);
    let (first, last) = match direction {
        Direction::Older => (TIMES.0, from.unwrap_or(TIMES.1)),
        Direction::Newer => (from.unwrap_or(TIMES.0), TIMES.1),
    };
    loop {
        let request = table
            .query_by_range(partition.to_owned(), [first, last])
            .scan_index_forward(direction == Direction::Newer)
            .set_exclusive_start_key(start)
            // One more than wanted shows whether there are more.
            .limit((count + 1).try_into().unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(into_failure("read rows by time"))?;
        rows.extend(answer.items().iter().filter_map(&mut read));
        start = answer.last_evaluated_key;
        if rows.len() > count || start.is_none() {
            let more = rows.len() > count;
            rows.truncate(count);
            return Ok(Slice { rows, more });
        }
    }
}

fn start_key(partition: &str, time: &SortTime) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([(PK.to_owned(), text(partition)), (SK.to_owned(), text(time.as_str()))])
}
