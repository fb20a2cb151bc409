//! The table's schema: creating and dropping the table.

use std::time::Duration;

use anyhow::{Context, anyhow};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ProvisionedThroughput,
    ProvisionedThroughputDescription, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TimeToLiveStatus,
};

use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::missing_parts::Part;
use cruddur_messages::server::store::dynamodb::table::{EXPIRES_AT, GROUP_INDEX, MESSAGE_GROUP_UUID, PK, SK};
use cruddur_messages::server::store::dynamodb::{Table, into_failure};

use super::legacy::mark_migrated;

/// Billing mode of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// Read and write units per second, for the table and for its index each.
    Provisioned { read: i64, write: i64 },
    /// On demand: billed by request.
    OnDemand,
}

/// Capacity that the old app provisioned.
impl Default for Billing {
    fn default() -> Self {
        Self::Provisioned { read: 5, write: 5 }
    }
}

/// Maximum time until a new table becomes active: it takes some seconds at AWS, and none on a developer's machine.
const ACTIVE_TIMEOUT: Duration = Duration::from_secs(120);

/// Creates the table, its index, its stream and its time to live, and waits until it can be used. Returns whether it
/// created the table; an existing one keeps its billing mode. Safe to repeat after a failure.
pub async fn create(client: &Client, table: &str, billing: Billing) -> Result<bool, Failure> {
    let is_new = match request(client, table, billing)?.send().await {
        Ok(_) => true,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => false,
        Err(error) => return Err(into_failure("create the table")(error)),
    };
    wait_until_active(client, table).await?;
    expire_markers(client, table).await?;
    if is_new {
        mark_migrated(&Table::new(client.clone(), table)).await?;
    }
    Ok(is_new)
}

/// Drops the table with all its rows. Returns whether it existed.
pub async fn drop(client: &Client, table: &str) -> Result<bool, Failure> {
    match client.delete_table().table_name(table).send().await {
        Ok(_) => {
            let gone = client.wait_until_table_not_exists().table_name(table).wait(ACTIVE_TIMEOUT).await;
            gone.context("wait until the table is gone").map_err(Failure::Unavailable)?;
            Ok(true)
        }
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
            Ok(false)
        }
        Err(error) => Err(into_failure("drop the table")(error)),
    }
}

fn request(client: &Client, table: &str, billing: Billing) -> Result<CreateTableFluentBuilder, Failure> {
    let mut index = GlobalSecondaryIndex::builder()
        .index_name(GROUP_INDEX)
        .key_schema(key(MESSAGE_GROUP_UUID, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let mut request = client
        .create_table()
        .table_name(table)
        .attribute_definitions(text(PK)?)
        .attribute_definitions(text(SK)?)
        .attribute_definitions(text(MESSAGE_GROUP_UUID)?)
        .key_schema(key(PK, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .stream_specification(stream()?);
    match billing {
        Billing::Provisioned { read, write } => {
            let capacity = throughput(read, write)?;
            index = index.provisioned_throughput(capacity.clone());
            request = request.billing_mode(BillingMode::Provisioned).provisioned_throughput(capacity);
        }
        Billing::OnDemand => request = request.billing_mode(BillingMode::PayPerRequest),
    }
    Ok(request.global_secondary_indexes(index.build()?))
}

/// Adds a missing part to an existing table, and waits until the table can be used. An index is still being filled
/// then. Fails with an explanation if the stream must be disabled first.
pub async fn add(client: &Client, table: &str, part: Part) -> Result<(), Failure> {
    match part {
        Part::TimeToLive => return expire_markers(client, table).await,
        Part::StreamImages => {
            return Err(anyhow!(
                "the stream of the table has no new images: detach its readers, disable it, and run this command again"
            )
            .into());
        }
        Part::Stream => {
            let request = client.update_table().table_name(table).stream_specification(stream()?);
            request.send().await.map_err(into_failure("enable the stream"))?;
        }
        Part::Index => {
            let action = index_of(client, table).await?;
            let update = GlobalSecondaryIndexUpdate::builder().create(action).build();
            let request = client.update_table().table_name(table).attribute_definitions(text(PK)?);
            let request = request.attribute_definitions(text(SK)?).attribute_definitions(text(MESSAGE_GROUP_UUID)?);
            request.global_secondary_index_updates(update).send().await.map_err(into_failure("create the index"))?;
        }
    }
    wait_until_active(client, table).await
}

/// Returns the index to create, with as much capacity as the table has.
async fn index_of(client: &Client, table: &str) -> Result<CreateGlobalSecondaryIndexAction, Failure> {
    let described =
        client.describe_table().table_name(table).send().await.map_err(into_failure("describe the table"))?;
    let capacity = described.table.and_then(|table| table.provisioned_throughput);
    let units = |of: fn(&ProvisionedThroughputDescription) -> Option<i64>| capacity.as_ref().and_then(of).unwrap_or(0);
    let (read, write) = (units(|it| it.read_capacity_units), units(|it| it.write_capacity_units));
    let mut index = CreateGlobalSecondaryIndexAction::builder()
        .index_name(GROUP_INDEX)
        .key_schema(key(MESSAGE_GROUP_UUID, KeyType::Hash)?)
        .key_schema(key(SK, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    // A table that is billed on demand has no capacity of its own.
    if read > 0 && write > 0 {
        index = index.provisioned_throughput(throughput(read, write)?);
    }
    Ok(index.build()?)
}

async fn wait_until_active(client: &Client, table: &str) -> Result<(), Failure> {
    let active = client.wait_until_table_exists().table_name(table).wait(ACTIVE_TIMEOUT).await;
    active.context("wait for the table").map_err(Failure::Unavailable)?;
    Ok(())
}

/// Stream with old images, so that its readers can tell what an edit changed.
fn stream() -> Result<StreamSpecification, Failure> {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    Ok(stream.build()?)
}

fn throughput(read: i64, write: i64) -> Result<ProvisionedThroughput, Failure> {
    Ok(ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write).build()?)
}

async fn expire_markers(client: &Client, table: &str) -> Result<(), Failure> {
    let now =
        client.describe_time_to_live().table_name(table).send().await.map_err(into_failure("read the time to live"))?;
    // DynamoDB refuses to enable a time to live that is enabled.
    if let Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) =
        now.time_to_live_description().and_then(|now| now.time_to_live_status())
    {
        return Ok(());
    }
    let wanted = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES_AT).build()?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(wanted);
    request.send().await.map_err(into_failure("set the time to live"))?;
    Ok(())
}

fn text(name: &str) -> Result<AttributeDefinition, Failure> {
    Ok(AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()?)
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, Failure> {
    Ok(KeySchemaElement::builder().attribute_name(name).key_type(kind).build()?)
}
