//! Finding a message by a reference to it, even if its sort key has changed since: numbering and migration give legacy
//! messages other ones.

use time::Duration;

use crate::domain::conversation;
use crate::domain::message::MessageRef;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::cursor::Direction;
use crate::server::store::dynamodb::rows::{MessageRow, SendMarker};
use crate::server::store::dynamodb::table::{Key, SortTime};
use crate::server::store::dynamodb::{Table, time_slices};

/// Maximum number of messages of one instant among which a message is looked for.
const SAME_INSTANT_MAX: usize = 12;

/// Maximum distance between the wall clock in the key of a legacy message and its time in UTC.
const OFFSET_MAX: Duration = Duration::hours(26);

const SLICE_LEN: usize = 100;

/// Finds a message whose key shows about the time of the reference, or that has a send marker. One read unit, and three
/// more if it is not at this very key.
pub(super) async fn find(
    table: &Table,
    conversation: conversation::Id,
    reference: &MessageRef,
) -> Result<Option<MessageRow>, Failure> {
    let Some(at) = SortTime::stored(reference.sent_at.as_str()).map(|at| at.canonical()) else { return Ok(None) };
    let is_it = |row: &MessageRow| row.id == reference.id;
    let stored = table.get(&Key::Message(conversation, at.clone())).await?;
    if let Some(row) = stored.as_ref().and_then(MessageRow::from_item).filter(is_it) {
        return Ok(Some(row));
    }
    // The old app wrote times without an offset, too. A migration has moved messages of the same instant by some
    // microseconds.
    let before = SortTime::from(at.at() - Duration::MICROSECOND);
    let partition = Key::messages(conversation);
    let read = MessageRow::from_item;
    let near = time_slices::slice(table, &partition, Direction::Newer, Some(&before), SAME_INSTANT_MAX, read).await?;
    if let Some(row) = near.rows.into_iter().find(is_it) {
        return Ok(Some(row));
    }
    // Numbering has moved it if it has a marker.
    let marker = table.get(&Key::SendMarker(conversation, reference.id)).await?;
    let Some(marker) = marker.as_ref().and_then(SendMarker::from_item) else { return Ok(None) };
    let moved = table.get(&Key::Message(conversation, marker.at)).await?;
    Ok(moved.as_ref().and_then(MessageRow::from_item).filter(is_it))
}

/// Finds a legacy message whose key shows the wall clock of another zone: reads the messages of about two days.
pub(super) async fn find_by_wall_clock(
    table: &Table,
    conversation: conversation::Id,
    reference: &MessageRef,
) -> Result<Option<MessageRow>, Failure> {
    let Some(at) = SortTime::stored(reference.sent_at.as_str()) else { return Ok(None) };
    let partition = Key::messages(conversation);
    let mut from = SortTime::from(at.at().saturating_sub(OFFSET_MAX));
    let last = SortTime::from(at.at().saturating_add(OFFSET_MAX));
    loop {
        let read = MessageRow::from_item;
        let slice = time_slices::slice(table, &partition, Direction::Newer, Some(&from), SLICE_LEN, read).await?;
        if let Some(found) = slice.rows.iter().find(|row| row.id == reference.id) {
            return Ok(Some(found.clone()));
        }
        match slice.rows.last() {
            Some(end) if slice.more && end.at.as_str() < last.as_str() => from = end.at.clone(),
            _ => return Ok(None),
        }
    }
}
