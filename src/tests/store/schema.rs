//! The table's schema.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BillingMode, KeySchemaElement, KeyType, ProjectionType, StreamViewType, TableDescription, TimeToLiveStatus,
};

use crate::support::admin_code::schema::{Billing, create, drop};
use crate::support::dynamodb::{DynamoDb, TABLE};

async fn describe(client: &Client) -> TableDescription {
    client.describe_table().table_name(TABLE).send().await.expect("an answer").table.expect("a table")
}

fn keys(schema: &[KeySchemaElement]) -> Vec<(&str, &KeyType)> {
    schema.iter().map(|key| (key.attribute_name(), key.key_type())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_the_designed_keys_index_stream_and_time_to_live() {
    let dynamodb = DynamoDb::start().await;
    let client = dynamodb.client();
    assert!(create(&client, TABLE, Billing::default()).await.expect("made"));
    let table = describe(&client).await;
    assert_eq!(keys(table.key_schema()), [("pk", &KeyType::Hash), ("sk", &KeyType::Range)]);
    let [index] = table.global_secondary_indexes() else { panic!("not one index") };
    assert_eq!(index.index_name(), Some("message-group-sk-index"));
    assert_eq!(keys(index.key_schema()), [("message_group_uuid", &KeyType::Hash), ("sk", &KeyType::Range)]);
    assert_eq!(index.projection().and_then(|p| p.projection_type()), Some(&ProjectionType::All));
    let stream = table.stream_specification().expect("a stream");
    assert_eq!(stream.stream_view_type(), Some(&StreamViewType::NewAndOldImages));
    let capacity = table.provisioned_throughput().expect("a capacity");
    assert_eq!((capacity.read_capacity_units(), capacity.write_capacity_units()), (Some(5), Some(5)));
    let capacity = index.provisioned_throughput().expect("a capacity of the index");
    assert_eq!((capacity.read_capacity_units(), capacity.write_capacity_units()), (Some(5), Some(5)));
    let expiry = client.describe_time_to_live().table_name(TABLE).send().await.expect("an answer");
    let expiry = expiry.time_to_live_description().expect("a description");
    assert_eq!(expiry.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
    assert_eq!(expiry.attribute_name(), Some("expires_at"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_can_be_billed_on_demand_or_with_another_capacity() {
    for (billing, mode) in
        [(Billing::OnDemand, Some(BillingMode::PayPerRequest)), (Billing::Provisioned { read: 7, write: 9 }, None)]
    {
        let dynamodb = DynamoDb::start().await;
        let client = dynamodb.client();
        create(&client, TABLE, billing).await.expect("made");
        let table = describe(&client).await;
        let shown = table.billing_mode_summary().and_then(|summary| summary.billing_mode().cloned());
        match mode {
            Some(mode) => assert_eq!(shown, Some(mode)),
            None => {
                let capacity = table.provisioned_throughput().expect("a capacity");
                assert_eq!((capacity.read_capacity_units(), capacity.write_capacity_units()), (Some(7), Some(9)));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_and_dropping_the_table_can_be_repeated() {
    let dynamodb = DynamoDb::start().await;
    let client = dynamodb.client();
    assert!(create(&client, TABLE, Billing::OnDemand).await.expect("made"));
    assert!(!create(&client, TABLE, Billing::OnDemand).await.expect("there"));
    assert!(drop(&client, TABLE).await.expect("dropped"));
    assert!(!drop(&client, TABLE).await.expect("gone"));
    assert!(create(&client, TABLE, Billing::OnDemand).await.expect("made again"));
}
