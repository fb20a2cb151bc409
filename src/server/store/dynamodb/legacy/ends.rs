//! The two ends of an old conversation, where the order of keys is not quite the order of time.

use time::{Duration, OffsetDateTime};

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::time_slices;

/// Keys sort by what a clock showed. The clocks of the world show times that are at most this far apart (-12:00 to
/// +14:00), so the newest message has a key that is at most this far from the last one.
const CLOCKS_APART: Duration = Duration::hours(26);

/// How many messages are read at once.
const SLICE_LEN: usize = 24;

/// The messages at one end, among which the outermost by time is: those of a day or so. `Older` begins at the newest.
pub(super) async fn near(
    table: &Table,
    conversation: conversation::Id,
    direction: Direction,
) -> Result<Vec<MessageRow>, Failure> {
    let partition = Key::messages(conversation);
    let mut rows: Vec<MessageRow> = Vec::new();
    loop {
        let from = rows.last().map(|row| row.at.clone());
        let slice =
            time_slices::slice(table, &partition, direction, from.as_ref(), SLICE_LEN, MessageRow::read).await?;
        rows.extend(slice.rows);
        let is_far =
            |(first, last): (&MessageRow, &MessageRow)| (first.at.shown() - last.at.shown()).abs() > CLOCKS_APART;
        if !slice.more || rows.first().zip(rows.last()).is_none_or(is_far) {
            return Ok(rows);
        }
    }
}

/// The message with the latest time.
pub(super) async fn newest(table: &Table, conversation: conversation::Id) -> Result<Option<MessageRow>, Failure> {
    Ok(near(table, conversation, Direction::Older).await?.into_iter().max_by(|one, other| one.at.cmp(&other.at)))
}

/// The earliest time.
pub(super) async fn beginning(
    table: &Table,
    conversation: conversation::Id,
) -> Result<Option<OffsetDateTime>, Failure> {
    Ok(near(table, conversation, Direction::Newer).await?.into_iter().map(|row| row.at.at()).min())
}
