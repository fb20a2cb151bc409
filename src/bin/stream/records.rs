//! Records as Lambda hands them over.

use aws_lambda_events::event::dynamodb::EventRecord;
use cruddur_messages::server::stream::batch::{Record, SequenceNumber};

/// The same record in our own words. One without a number keeps none: named as failed, it makes Lambda repeat the batch.
pub(crate) fn read(record: EventRecord) -> Record {
    let change = record.change;
    // A stream with old images only, or with keys only, has nothing to tell.
    let row = Some(change.new_image).filter(|row| record.event_name != "REMOVE" && !row.is_empty());
    Record { sequence_number: SequenceNumber(change.sequence_number.unwrap_or_default()), row: row.map(Into::into) }
}
