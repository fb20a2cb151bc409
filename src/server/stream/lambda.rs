//! The stream handler as an AWS Lambda function.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use serde_dynamo::Item as Image;

use crate::server::store::dynamodb::table::Item;
use crate::server::stream::batch;
use crate::server::stream::change::{Change, SequenceNumber};
use crate::server::stream::projection::Projection;

/// Hands a batch of the stream to the projections. Returns the lowest sequence number that failed, if any. Requires
/// `ReportBatchItemFailures` in the event source mapping: without it Lambda ignores the response, and the failed
/// records are lost.
pub async fn handle(projections: &[Box<dyn Projection>], event: Event) -> DynamoDbEventResponse {
    let changes: Vec<_> = event.records.into_iter().map(change).collect();
    let mut answer = DynamoDbEventResponse::default();
    if let Err(failed) = batch::apply(projections, &changes).await {
        let mut item = DynamoDbBatchItemFailure::default();
        item.item_identifier = Some(failed.sequence_number.0);
        answer.batch_item_failures.push(item);
    }
    answer
}

/// Converts a record. If it has no sequence number, the number stays empty: reported as failed, an empty number makes
/// Lambda repeat the whole batch.
fn change(record: EventRecord) -> Change {
    let record = record.change;
    let number = SequenceNumber(record.sequence_number.unwrap_or_default());
    Change::new(number, item(record.old_image), item(record.new_image))
}

/// Converts an image. A missing image arrives as an empty one.
fn item(image: Image) -> Option<Item> {
    (!image.is_empty()).then(|| image.into())
}
