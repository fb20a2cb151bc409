//! The stream handler on AWS Lambda: moves inbox rows for the messages in a batch of the table's stream, and reports
//! the record from which the batch must be sent again.

mod records;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use cruddur_messages::server::config::LogFormat;
use cruddur_messages::server::store::dynamodb::{Table, connect};
use cruddur_messages::server::stream::batch;
use cruddur_messages::server::telemetry;
use lambda_runtime::{Error, LambdaEvent, service_fn};

/// Name of the table, unless `DDB_MESSAGE_TABLE` is set.
const TABLE: &str = "cruddur-messages";

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init(LogFormat::Json);
    let name = std::env::var("DDB_MESSAGE_TABLE").unwrap_or_else(|_| TABLE.to_owned());
    let table = Table::new(connect().await, &name);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| handle(&table, event.payload))).await
}

/// Returns the lowest sequence number that failed, if any. Requires `ReportBatchItemFailures` in the event source
/// mapping: without it Lambda ignores the response, and the failed records are lost.
async fn handle(table: &Table, event: Event) -> Result<DynamoDbEventResponse, Error> {
    let records: Vec<_> = event.records.into_iter().map(records::from_event).collect();
    let mut answer = DynamoDbEventResponse::default();
    if let Err(failed) = batch::apply(table, &records).await {
        let mut item = DynamoDbBatchItemFailure::default();
        item.item_identifier = Some(failed.sequence_number.0);
        answer.batch_item_failures.push(item);
    }
    Ok(answer)
}
