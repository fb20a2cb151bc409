//! Consumed capacity, as a meter on the client reports it.

use cruddur_messages::server::store::dynamodb::Table;

use super::fixtures::{Server, ana, ben, server};
use crate::support::admin_code::capacity::metered;

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_counts_the_capacity_of_its_own_client_only() {
    let (_dynamodb, unmetered) = server().await;
    let (client, meter) = metered(unmetered.table.client());
    let metered = Server::new(Table::new(client, unmetered.table.name()));
    let (ana, ben) = (ana(), ben());

    let conversation = metered.start(&ana, &ben, "hello").await;
    let started = meter.take();
    assert!(started.write_units() > 0.0, "a transaction writes: {started:?}");
    let index = format!("{}/message-group-sk-index", unmetered.table.name());
    assert!(started.write[&index] > 0.0, "the inbox rows are in the index too: {started:?}");

    metered.history(&ana, conversation).await;
    let read = meter.take();
    // The head is one read unit, and so is a page with one short message: both reads are strongly consistent.
    assert_eq!((read.read_units(), read.write_units(), read.calls), (2.0, 0.0, 2), "{read:?}");

    unmetered.history(&ana, conversation).await;
    assert_eq!(meter.take().calls, 0, "the other client has no meter");
}
