//! Oldest and newest messages of a legacy conversation, whose key order is not quite the order of time.

use time::{Duration, OffsetDateTime};

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::time_slices;

/// Maximum distance between two wall clocks (-12:00 to +14:00). Keys sort by wall-clock time, so the key of the newest
/// message is at most this far from the last key.
const CLOCKS_APART: Duration = Duration::hours(26);

const SLICE_LEN: usize = 24;

/// Returns the messages of about a day at one end, which include the outermost one by time. `Older` starts at the
/// newest.
pub async fn near(
    table: &Table,
    conversation: conversation::Id,
    direction: Direction,
) -> Result<Vec<MessageRow>, Failure> {
    let partition = Key::messages(conversation);
    let mut rows: Vec<MessageRow> = Vec::new();
    loop {
        let from = rows.last().map(|row| row.at.clone());
        let slice =
            time_slices::slice(table, &partition, direction, from.as_ref(), SLICE_LEN, MessageRow::from_item).await?;
        rows.extend(slice.rows);
        let is_far = |(first, last): (&MessageRow, &MessageRow)| {
            (first.at.wall_clock() - last.at.wall_clock()).abs() > CLOCKS_APART
        };
        if !slice.more || rows.first().zip(rows.last()).is_none_or(is_far) {
            return Ok(rows);
        }
    }
}

/// Returns the time of the earliest message.
pub async fn beginning(table: &Table, conversation: conversation::Id) -> Result<Option<OffsetDateTime>, Failure> {
    Ok(near(table, conversation, Direction::Newer).await?.into_iter().map(|row| row.at.at()).min())
}
