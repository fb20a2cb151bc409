//! What calls cost, as a meter on the client tells.

use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::capacity::metered;

use super::{Server, ana, ben, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_adds_up_what_every_call_of_its_client_consumed_and_nobody_elses() {
    let (_dynamodb, unmetered) = server().await;
    let (client, meter) = metered(unmetered.table.client());
    let metered = Server::new(Table::new(client, unmetered.table.name()));
    let (ana, ben) = (ana(), ben());

    let talk = metered.start(&ana, &ben, "hello").await;
    let started = meter.take();
    assert!(started.write_units() > 0.0, "a transaction writes: {started:?}");
    let index = format!("{}/message-group-sk-index", unmetered.table.name());
    assert!(started.write[&index] > 0.0, "the inbox rows are in the index too: {started:?}");

    metered.history(&ana, talk).await;
    let read = meter.take();
    // The head is one read unit, and so is a page of one short message: both are read consistently.
    assert_eq!((read.read_units(), read.write_units(), read.calls), (2.0, 0.0, 2), "{read:?}");

    unmetered.history(&ana, talk).await;
    assert_eq!(meter.take().calls, 0, "the other client has no meter");
}
