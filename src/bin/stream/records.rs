//! Records in the form of Lambda events.

use aws_lambda_events::event::dynamodb::EventRecord;
use cruddur_messages::server::stream::batch::{Record, SequenceNumber};

/// Converts a Lambda record. If it has no sequence number, the number stays empty: reported as failed, an empty number
/// makes Lambda repeat the whole batch.
pub(crate) fn from_event(record: EventRecord) -> Record {
    let change = record.change;
    // A stream with only old images or only keys contains no new row.
    let row = Some(change.new_image).filter(|row| record.event_name != "REMOVE" && !row.is_empty());
    Record { sequence_number: SequenceNumber(change.sequence_number.unwrap_or_default()), row: row.map(Into::into) }
}
