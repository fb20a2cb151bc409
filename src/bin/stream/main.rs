//! The stream handler on AWS Lambda: feeds a batch of the table's stream to the projections, and reports the record
//! from which the batch must be sent again.

use aws_lambda_events::event::dynamodb::Event;
use cruddur_messages::server::config::LogFormat;
use cruddur_messages::server::store::dynamodb::{Table, connect};
use cruddur_messages::server::stream::{lambda, projections};
use cruddur_messages::server::telemetry;
use lambda_runtime::{Error, LambdaEvent, service_fn};

/// Name of the table, unless `DDB_MESSAGE_TABLE` names another one.
const TABLE: &str = "cruddur-messages";

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::init(LogFormat::Json);
    let name =
        std::env::var("DDB_MESSAGE_TABLE").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| TABLE.to_owned());
    let projections = projections::all(&Table::new(connect().await, &name));
    let handle = async |event: LambdaEvent<Event>| Ok::<_, Error>(lambda::handle(&projections, event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
