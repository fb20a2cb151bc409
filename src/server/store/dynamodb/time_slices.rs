//! Reading part of a partition in the order of time.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::table::{Item, PK, SK, SortTime, TIMES};
use crate::server::store::dynamodb::{Table, failed};

/// A part of a partition, and whether there is more on the far side of it.
pub(super) struct Slice<T> {
    /// What was read, from the near side to the far side.
    pub(super) rows: Vec<T>,
    /// Whether the partition goes on after the last of `rows`.
    pub(super) more: bool,
}

/// Reads up to `count` rows whose sort key is a time, starting next to `from`, or at the end that `direction` comes from.
/// `read` says what a row means, or that it is to be skipped; skipped rows do not count. Consistent: a read unit for
/// each 4 KB, however long the partition is.
pub(super) async fn slice<T>(
    table: &Table,
    partition: &str,
    direction: Direction,
    from: Option<&SortTime>,
    count: usize,
    mut read: impl FnMut(&Item) -> Option<T>,
) -> Result<Slice<T>, Failure> {
    let mut rows = Vec::with_capacity(count + 1);
    let mut start = from.map(|from| at(partition, from));
    // Asks for nothing on the near side of `from`: DynamoDB starts there by itself, but not everything that speaks its
    // protocol does so without reading what comes before.
    let from = from.map(SortTime::as_str);
    let (first, last) = match direction {
        Direction::Older => (TIMES.0, from.unwrap_or(TIMES.1)),
        Direction::Newer => (from.unwrap_or(TIMES.0), TIMES.1),
    };
    loop {
        let request = table
            .client()
            .query()
            .table_name(table.name())
            .consistent_read(true)
            .key_condition_expression(format!("{PK} = :partition AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":partition", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            .expression_attribute_values(":last", AttributeValue::S(last.to_owned()))
            .scan_index_forward(direction == Direction::Newer)
            .set_exclusive_start_key(start)
            // One more than is wanted tells whether there is more.
            .limit((count + 1).try_into().unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(failed("read rows by time"))?;
        rows.extend(answer.items().iter().filter_map(&mut read));
        start = answer.last_evaluated_key;
        if rows.len() > count || start.is_none() {
            let more = rows.len() > count;
            rows.truncate(count);
            return Ok(Slice { rows, more });
        }
    }
}

fn at(partition: &str, time: &SortTime) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    HashMap::from([(PK.to_owned(), text(partition)), (SK.to_owned(), text(time.as_str()))])
}
