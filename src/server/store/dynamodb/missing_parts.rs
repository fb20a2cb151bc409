//! Parts of the table that its description lacks: the old app created tables with an index, but without a stream and a
//! time to live.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_dynamodb::types::{StreamViewType, TableDescription, TimeToLiveStatus};
use serde::Serialize;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::table::{EXPIRES_AT, GROUP_INDEX};
use crate::server::store::dynamodb::{Table, into_failure};

/// Word to search for in logs.
const WORD: &str = "table_incomplete";

/// Part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The stream, without which inbox rows stay behind when a server dies, and messages of the old app do not appear.
    Stream,
    /// New images in the records of the stream. Without them it cannot be used, and must be disabled first.
    StreamImages,
    /// The time to live of markers, without which the table keeps one row for each message for ever.
    TimeToLive,
    /// The index of the inbox rows, without which nothing works.
    Index,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "stream",
            Self::StreamImages => "new images in the stream",
            Self::TimeToLive => "time to live",
            Self::Index => "index message-group-sk-index",
        })
    }
}

/// Returns the parts that the table lacks. Two calls that consume no capacity, and need the permissions
/// `dynamodb:DescribeTable` and `dynamodb:DescribeTimeToLive`.
pub async fn missing_parts(table: &Table) -> Result<BTreeSet<Part>, Failure> {
    let (client, name) = (table.client(), table.name());
    let description = client.describe_table().table_name(name).send().await;
    let description = description.map_err(into_failure("describe the table"))?;
    let mut missing = description.table.map(|it| missing_in(&it)).unwrap_or_default();
    let time_to_live =
        client.describe_time_to_live().table_name(name).send().await.map_err(into_failure("read the time to live"))?;
    let is_enabled = time_to_live.time_to_live_description().is_some_and(|it| {
        let status = it.time_to_live_status();
        matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
            && it.attribute_name() == Some(EXPIRES_AT)
    });
    if !is_enabled {
        missing.insert(Part::TimeToLive);
    }
    Ok(missing)
}

fn missing_in(table: &TableDescription) -> BTreeSet<Part> {
    let mut missing = BTreeSet::new();
    match table.stream_specification().filter(|it| it.stream_enabled()) {
        None => drop(missing.insert(Part::Stream)),
        Some(stream) => {
            let has_images =
                matches!(stream.stream_view_type(), Some(StreamViewType::NewImage | StreamViewType::NewAndOldImages));
            if !has_images {
                missing.insert(Part::StreamImages);
            }
        }
    }
    if !table.global_secondary_indexes().iter().any(|index| index.index_name() == Some(GROUP_INDEX)) {
        missing.insert(Part::Index);
    }
    missing
}

/// Logs one warning for each part that the table lacks. Only a hint: a server without the permissions starts, too.
pub async fn warn_of_missing_parts(table: Table) {
    match missing_parts(&table).await {
        Ok(missing) => {
            for part in missing {
                tracing::warn!(table = table.name(), missing = %part, "{WORD}: add it with `admin ddb migrate-legacy`");
            }
        }
        Err(failure) => {
            let cause = failure.into_cause();
            tracing::info!(table = table.name(), cause = format!("{cause:#}"), "parts of the table not checked");
        }
    }
}
