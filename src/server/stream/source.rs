//! Client of the DynamoDB Streams API.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{self, AttributeValue, ShardIteratorType};

use crate::server::failure::Failure;
use crate::server::store::dynamodb::into_failure;
use crate::server::store::dynamodb::table::Item;
use crate::server::stream::change::{Change, SequenceNumber};

/// Creates a client from the SDK's own environment variables. If only DynamoDB has a custom endpoint, as on a
/// developer's machine, its streams are there as well. No call takes longer than 5 seconds, including its retries.
pub async fn connect() -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(800))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_max_backoff(Duration::from_millis(500)))
        .load()
        .await;
    let mut config = aws_sdk_dynamodbstreams::config::Builder::from(&config);
    if std::env::var_os("AWS_ENDPOINT_URL_DYNAMODB_STREAMS").is_none()
        && let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL_DYNAMODB")
    {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}

/// A shard as the API lists it.
#[derive(Debug, Clone)]
pub(super) struct ListedShard {
    pub(super) stream_arn: String,
    pub(super) shard_id: String,
    pub(super) parent: Option<String>,
}

/// Position in a shard from which to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IteratorPosition {
    /// At the oldest record that the stream still keeps.
    Oldest,
    /// After the record with this sequence number.
    After(String),
}

/// Result of reading from a shard.
pub(super) enum ReadResult {
    Changes {
        changes: Vec<Change>,
        /// Time of the newest of them.
        newest: Option<SystemTime>,
        /// Iterator for the next read; `None` if the shard is closed and has been read to its end.
        next: Option<String>,
    },
    /// The iterator is too old and must be replaced.
    Expired,
    /// The next record has been deleted: a stream keeps records for one day.
    Trimmed,
    /// The shard does not exist any more.
    Gone,
}

/// Lists the shards of all readable streams of the table: the current one, and for one day those that were disabled.
pub(super) async fn list_shards(client: &Client, table: &str) -> Result<Vec<ListedShard>, Failure> {
    let mut shards = Vec::new();
    let mut start = None;
    loop {
        let request = client.list_streams().table_name(table).set_exclusive_start_stream_arn(start);
        let answer = request.send().await.map_err(into_failure("list the streams of the table"))?;
        for arn in answer.streams().iter().filter_map(|stream| stream.stream_arn()) {
            shards.extend(list_shards_of(client, arn).await?);
        }
        start = answer.last_evaluated_stream_arn;
        if start.is_none() {
            return Ok(shards);
        }
    }
}

async fn list_shards_of(client: &Client, stream: &str) -> Result<Vec<ListedShard>, Failure> {
    let mut shards = Vec::new();
    let mut start = None;
    loop {
        let request = client.describe_stream().stream_arn(stream).set_exclusive_start_shard_id(start);
        let answer = match request.send().await {
            Ok(answer) => answer,
            // Deleted since it was listed.
            Err(error) if error.as_service_error().is_some_and(|it| it.is_resource_not_found_exception()) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(into_failure("list the shards of a stream")(error)),
        };
        let description = answer.stream_description.ok_or_else(|| anyhow!("stream {stream} has no description"))?;
        shards.extend(description.shards.unwrap_or_default().into_iter().filter_map(|shard| {
            Some(ListedShard {
                stream_arn: stream.to_owned(),
                shard_id: shard.shard_id?,
                parent: shard.parent_shard_id,
            })
        }));
        start = description.last_evaluated_shard_id;
        if start.is_none() {
            return Ok(shards);
        }
    }
}

/// Returns an iterator, or the reason why the position or the shard does not exist any more.
pub(super) async fn shard_iterator(
    client: &Client,
    stream: &str,
    shard: &str,
    position: &IteratorPosition,
) -> Result<Result<String, ReadResult>, Failure> {
    let request = client.get_shard_iterator().stream_arn(stream).shard_id(shard);
    let request = match position {
        IteratorPosition::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        IteratorPosition::After(number) => {
            request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(number)
        }
    };
    match request.send().await {
        Ok(answer) => {
            let iterator = answer.shard_iterator.ok_or_else(|| anyhow!("shard {shard} has no iterator"))?;
            Ok(Ok(iterator))
        }
        Err(error) => match error.as_service_error() {
            Some(cause) if cause.is_trimmed_data_access_exception() => Ok(Err(ReadResult::Trimmed)),
            Some(cause) if cause.is_resource_not_found_exception() => Ok(Err(ReadResult::Gone)),
            _ => Err(into_failure("get a shard iterator")(error)),
        },
    }
}

/// Reads at most `limit` records.
pub(super) async fn read_records(client: &Client, iterator: &str, limit: i32) -> Result<ReadResult, Failure> {
    match client.get_records().shard_iterator(iterator).limit(limit).send().await {
        Ok(answer) => {
            let records = answer.records.unwrap_or_default();
            let newest = records.last().and_then(created_at);
            let changes = records.into_iter().filter_map(change).collect();
            Ok(ReadResult::Changes { changes, newest, next: answer.next_shard_iterator })
        }
        Err(error) => match error.as_service_error() {
            Some(cause) if cause.is_expired_iterator_exception() => Ok(ReadResult::Expired),
            Some(cause) if cause.is_trimmed_data_access_exception() => Ok(ReadResult::Trimmed),
            Some(cause) if cause.is_resource_not_found_exception() => Ok(ReadResult::Gone),
            _ => Err(into_failure("read the stream")(error)),
        },
    }
}

/// Returns the time of a record, which is exact to the second.
fn created_at(record: &types::Record) -> Option<SystemTime> {
    let secs = record.dynamodb()?.approximate_creation_date_time()?.secs();
    Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(secs).ok()?))
}

fn change(record: types::Record) -> Option<Change> {
    let record = record.dynamodb?;
    let number = SequenceNumber(record.sequence_number?);
    Some(Change::new(number, record.old_image.map(item), record.new_image.map(item)))
}

/// Converts an image to the type of the DynamoDB SDK. The conversion panics on an attribute of a type that this version
/// of the SDK does not know: such an attribute is left out.
fn item(mut image: HashMap<String, AttributeValue>) -> Item {
    image.retain(|name, value| {
        let is_known = is_known(value);
        if !is_known {
            tracing::warn!(attribute = name, "attribute of unknown type left out");
        }
        is_known
    });
    serde_dynamo::Item::from(image).into()
}

fn is_known(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::M(values) => values.values().all(is_known),
        AttributeValue::L(values) => values.iter().all(is_known),
        value => !value.is_unknown(),
    }
}
