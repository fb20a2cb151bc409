//! Checkpoints: how far each shard of the stream has been processed, in PostgreSQL.

use sqlx::{PgConnection, query_file, query_file_as};

use crate::server::failure::Failure;
use crate::server::stream::lock::with_timeout;

/// Checkpoint of one shard.
#[derive(Debug, Clone)]
pub(super) struct Checkpoint {
    pub(super) stream_arn: String,
    pub(super) shard_id: String,
    /// Last record that has been processed.
    pub(super) sequence_number: Option<String>,
    /// True if the shard is closed and all its records have been processed.
    pub(super) finished: bool,
}

/// Loads the checkpoints of these streams. Deletes those that have expired with their records.
pub(super) async fn load(connection: &mut PgConnection, streams: &[String]) -> Result<Vec<Checkpoint>, Failure> {
    with_timeout(async {
        query_file!("sql/stream/forget.sql").execute(&mut *connection).await?;
        Ok(query_file_as!(Checkpoint, "sql/stream/checkpoints.sql", streams).fetch_all(connection).await?)
    })
    .await
}

/// Saves a checkpoint. One statement per batch.
pub(super) async fn save(connection: &mut PgConnection, checkpoint: &Checkpoint) -> Result<(), Failure> {
    with_timeout(async {
        query_file!(
            "sql/stream/save.sql",
            checkpoint.stream_arn,
            checkpoint.shard_id,
            checkpoint.sequence_number.as_deref(),
            checkpoint.finished
        )
        .execute(connection)
        .await?;
        Ok(())
    })
    .await
}
