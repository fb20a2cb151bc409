//! How far the stream has been read, in PostgreSQL.

use sqlx::{PgConnection, query_file, query_file_as};

use crate::server::failure::Failure;
use crate::server::stream::lock::in_time;

/// How far one shard has been read.
#[derive(Debug, Clone)]
pub(super) struct Checkpoint {
    pub(super) stream_arn: String,
    pub(super) shard_id: String,
    /// The last record that is done.
    pub(super) sequence_number: Option<String>,
    /// Whether the shard is closed, and all of it done.
    pub(super) finished: bool,
}

/// Those of these streams. Forgets those of streams that are gone for good.
pub(super) async fn load(connection: &mut PgConnection, streams: &[String]) -> Result<Vec<Checkpoint>, Failure> {
    in_time(async {
        query_file!("sql/stream/forget.sql").execute(&mut *connection).await?;
        Ok(query_file_as!(Checkpoint, "sql/stream/checkpoints.sql", streams).fetch_all(connection).await?)
    })
    .await
}

/// Keeps one. One statement for each batch.
pub(super) async fn save(connection: &mut PgConnection, checkpoint: &Checkpoint) -> Result<(), Failure> {
    in_time(async {
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
