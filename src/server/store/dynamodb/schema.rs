//! The table's schema: how it is made, and how it is dropped.

use std::time::Duration;

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ProvisionedThroughput, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use crate::server::failure::Failure;
use crate::server::store::dynamodb::legacy;
use crate::server::store::dynamodb::table::{EXPIRES_AT, GROUP_INDEX, MESSAGE_GROUP_UUID, PK, SK};
use crate::server::store::dynamodb::{Table, failed};

/// How the table is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// So many read and write units a second, for the table and for its index each.
    Provisioned {
        /// Read capacity units.
        read: i64,
        /// Write capacity units.
        write: i64,
    },
    /// By request.
    OnDemand,
}

/// What the old app provisioned.
impl Default for Billing {
    fn default() -> Self {
        Self::Provisioned { read: 5, write: 5 }
    }
}

/// How long a table may take to become active: some seconds at AWS, at once on a developer's machine.
const ACTIVE_WITHIN: Duration = Duration::from_secs(120);

/// Makes the table, its index, its stream and its time to live, and waits until it can be used. Says whether there was
/// none; one that is there keeps its billing. Safe to repeat after a failure.
pub async fn create(client: &Client, table: &str, billing: Billing) -> Result<bool, Failure> {
    let made = match request(client, table, billing)?.send().await {
        Ok(_) => true,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => false,
        Err(error) => return Err(failed("create the table")(error)),
    };
    let active = client.wait_until_table_exists().table_name(table).wait(ACTIVE_WITHIN).await;
    active.context("wait for the table").map_err(Failure::Unavailable)?;
    expire_markers(client, table).await?;
    if made {
        legacy::mark_adopted(&Table::new(client.clone(), table)).await?;
    }
    Ok(made)
}

/// Drops the table and all that is in it. Says whether there was one.
pub async fn drop(client: &Client, table: &str) -> Result<bool, Failure> {
    match client.delete_table().table_name(table).send().await {
        Ok(_) => {
            let gone = client.wait_until_table_not_exists().table_name(table).wait(ACTIVE_WITHIN).await;
            gone.context("wait until the table is gone").map_err(Failure::Unavailable)?;
            Ok(true)
        }
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
            Ok(false)
        }
        Err(error) => Err(failed("drop the table")(error)),
    }
}

fn request(client: &Client, table: &str, billing: Billing) -> Result<CreateTableFluentBuilder, Failure> {
    let mut index = GlobalSecondaryIndex::builder()
        .index_name(GROUP_INDEX)
        .key_schema(key(MESSAGE_GROUP_UUID, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    // Old images too: from an edit, a reader of the stream must be able to tell what changed.
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let mut request = client
        .create_table()
        .table_name(table)
        .attribute_definitions(text(PK)?)
        .attribute_definitions(text(SK)?)
        .attribute_definitions(text(MESSAGE_GROUP_UUID)?)
        .key_schema(key(PK, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .stream_specification(stream.build()?);
    match billing {
        Billing::Provisioned { read, write } => {
            let capacity =
                ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write).build()?;
            index = index.provisioned_throughput(capacity.clone());
            request = request.billing_mode(BillingMode::Provisioned).provisioned_throughput(capacity);
        }
        Billing::OnDemand => request = request.billing_mode(BillingMode::PayPerRequest),
    }
    Ok(request.global_secondary_indexes(index.build()?))
}

async fn expire_markers(client: &Client, table: &str) -> Result<(), Failure> {
    let now = client.describe_time_to_live().table_name(table).send().await.map_err(failed("read the time to live"))?;
    // DynamoDB refuses to switch on what is on.
    if let Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) =
        now.time_to_live_description().and_then(|now| now.time_to_live_status())
    {
        return Ok(());
    }
    let wanted = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES_AT).build()?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(wanted);
    request.send().await.map_err(failed("set the time to live"))?;
    Ok(())
}

fn text(name: &str) -> Result<AttributeDefinition, Failure> {
    Ok(AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()?)
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, Failure> {
    Ok(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
}
