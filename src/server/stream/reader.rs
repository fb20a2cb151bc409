//! The background task that reads the table's stream: on one server at a time, resuming at the last checkpoint.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodbstreams::Client;
use backon::{BackoffBuilder, ExponentialBuilder};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::server::failure::Failure;
use crate::server::stream::change::Change;
use crate::server::stream::lock::Lock;
use crate::server::stream::projection::{BatchFailure, Projection};
use crate::server::stream::reader_metrics::ReaderMetrics;
use crate::server::stream::shards::{Shard, merge_listed, readable};
use crate::server::stream::source::{IteratorPosition, ReadResult};
use crate::server::stream::{batch, checkpoint, source};

pub use crate::server::stream::source::connect;

/// Interval at which a waiting server attempts to take the lock. Reading resumes within five seconds even if the
/// machine of the reading server has vanished, which PostgreSQL notices after four.
const LOCK_INTERVAL: Duration = Duration::from_millis(500);

/// Maximum wait after a failure.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// Waits after failures: half a second at first, doubled each time.
const WAITS: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(500)).with_max_delay(WAIT_MAX).without_max_times();

/// Poll interval of an idle stream: short enough for a row that a server left behind when it died.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Poll interval of a busy stream: DynamoDB allows five reads per second and shard.
const BUSY_INTERVAL: Duration = Duration::from_millis(200);

/// Interval at which the shards are listed.
const LIST_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum number of records per read, which is also DynamoDB's limit. With fewer, a busy shard would be written faster
/// than it is read: each message that is sent writes eight records.
const BATCH_MAX: i32 = 1000;

/// Maximum number of attempts at a record whose failure is not transient. Then it is skipped.
const ATTEMPTS_MAX: u32 = 10;

/// Reader of the table's stream.
pub struct Reader {
    table: String,
    streams: Client,
    postgres: PgPool,
    projections: Vec<Box<dyn Projection>>,
    metrics: ReaderMetrics,
}

impl Reader {
    /// Creates a reader that feeds the stream of `table` to `projections`, with its lock and checkpoints in `postgres`.
    pub fn new(table: &str, streams: Client, postgres: PgPool, projections: Vec<Box<dyn Projection>>) -> Self {
        Self { table: table.to_owned(), streams, postgres, projections, metrics: ReaderMetrics::default() }
    }

    /// Returns the same reader with the metrics of the server.
    pub fn with_metrics(self, metrics: ReaderMetrics) -> Self {
        Self { metrics, ..self }
    }

    /// Waits for the lock and reads, until `closing` is cancelled. Retries after every failure.
    pub async fn run(self, closing: CancellationToken) {
        // May be cancelled anywhere: the next reader repeats the records after the last checkpoint.
        closing.run_until_cancelled_owned(self.lead_until_cancelled()).await;
    }

    async fn lead_until_cancelled(&self) {
        let mut waits = WAITS.build();
        loop {
            let began = Instant::now();
            let Err(failure) = self.lead().await;
            self.metrics.count_failure();
            if began.elapsed() > LIST_INTERVAL {
                waits = WAITS.build();
            }
            let wait = waits.next().unwrap_or(WAIT_MAX);
            // Silent once the wait has reached its maximum: a long outage must not fill the log.
            if wait < WAIT_MAX {
                failure.into_public();
                tracing::warn!(?wait, "stream reader failed, retrying");
            }
            // Another server may succeed where this one failed: the lock is free during the wait.
            sleep(wait).await;
        }
    }

    /// Waits for the lock, then reads until a step fails.
    async fn lead(&self) -> Result<Infallible, Failure> {
        let mut lock = self.acquire_lock().await?;
        let _reading = self.metrics.begin_reading();
        let mut shards = Vec::new();
        let mut listed_at: Option<Instant> = None;
        loop {
            let began = Instant::now();
            lock.check().await?;
            if listed_at.is_none_or(|at| at.elapsed() > LIST_INTERVAL) {
                shards = self.list_shards(&mut lock, shards).await?;
                listed_at = Some(began);
            }
            let progress = self.read_all(&mut lock, &mut shards).await?;
            if progress.list_again {
                listed_at = None;
            }
            if let Some(until) = progress.applied_until {
                self.metrics.caught_up(until);
            }
            let interval = if progress.found_any { BUSY_INTERVAL } else { IDLE_INTERVAL };
            sleep(interval.saturating_sub(began.elapsed())).await;
        }
    }

    async fn acquire_lock(&self) -> Result<Lock, Failure> {
        let mut lock = Lock::connect(&self.postgres).await?;
        while !lock.try_acquire(&self.table).await? {
            sleep(LOCK_INTERVAL).await;
        }
        tracing::info!("acquired the stream reader lock");
        Ok(lock)
    }

    async fn list_shards(&self, lock: &mut Lock, known: Vec<Shard>) -> Result<Vec<Shard>, Failure> {
        let listed = source::list_shards(&self.streams, &self.table).await?;
        let mut streams: Vec<_> = listed.iter().map(|shard| shard.stream_arn.clone()).collect();
        streams.dedup();
        let checkpoints = checkpoint::load(lock.connection(), &streams).await?;
        Ok(merge_listed(known, listed, &checkpoints))
    }

    /// Reads once from every readable shard.
    async fn read_all(&self, lock: &mut Lock, shards: &mut [Shard]) -> Result<Progress, Failure> {
        let mut progress = Progress { applied_until: Some(SystemTime::now()), ..Progress::default() };
        for index in readable(shards) {
            let shard = &mut shards[index];
            let before = (shard.position.clone(), shard.finished);
            progress.add(self.read_batch(shard).await?);
            if before != (shard.position.clone(), shard.finished) {
                checkpoint::save(lock.connection(), &shard.checkpoint()).await?;
            }
            // The shard's children are readable now.
            progress.list_again |= shard.finished;
        }
        Ok(progress)
    }

    /// Reads and processes one batch of a shard.
    async fn read_batch(&self, shard: &mut Shard) -> Result<Progress, Failure> {
        let began = SystemTime::now();
        let read = match self.iterator(shard).await? {
            Ok(iterator) => source::read_records(&self.streams, &iterator, BATCH_MAX).await?,
            Err(result) => result,
        };
        shard.iterator = None;
        match read {
            ReadResult::Changes { changes, newest, next } => {
                if let Err(failed) = batch::apply(&self.projections, &changes).await {
                    self.metrics.count_skipped(record_failure(shard, &changes, &failed));
                    return Ok(Progress::default());
                }
                record_success(shard, &changes, next);
                // A batch without records was read from the end of the shard.
                let applied_until = if changes.is_empty() { Some(began) } else { newest };
                Ok(Progress { found_any: !changes.is_empty(), applied_until, ..Progress::default() })
            }
            // The next pass gets a new iterator from the checkpoint.
            ReadResult::Expired => Ok(Progress::default()),
            ReadResult::Trimmed => {
                // The checkpoint is more than a day old: the shard was idle, or no server was reading.
                tracing::warn!(
                    shard = shard.listed.shard_id,
                    "checkpoint is no longer in the stream, restarting at its oldest record"
                );
                shard.position = IteratorPosition::Oldest;
                Ok(Progress::default())
            }
            ReadResult::Gone => Ok(Progress { list_again: true, ..Progress::default() }),
        }
    }

    async fn iterator(&self, shard: &mut Shard) -> Result<Result<String, ReadResult>, Failure> {
        match shard.iterator.take() {
            Some(iterator) => Ok(Ok(iterator)),
            None => {
                let Shard { listed, position, .. } = shard;
                source::shard_iterator(&self.streams, &listed.stream_arn, &listed.shard_id, position).await
            }
        }
    }
}

/// Outcome of reading from one or more shards.
#[derive(Debug, Default)]
struct Progress {
    found_any: bool,
    list_again: bool,
    /// Time up to which all changes have been applied, if that is known.
    applied_until: Option<SystemTime>,
}

impl Progress {
    fn add(&mut self, other: Self) {
        self.found_any |= other.found_any;
        self.list_again |= other.list_again;
        self.applied_until = self.applied_until.zip(other.applied_until).map(|(one, other)| one.min(other));
    }
}

fn record_success(shard: &mut Shard, changes: &[Change], next: Option<String>) {
    if let Some(last) = changes.last() {
        shard.position = IteratorPosition::After(last.sequence_number.0.clone());
    }
    shard.stuck = None;
    shard.finished = next.is_none();
    shard.iterator = next;
}

/// Advances the shard to the record that failed, and past it after too many attempts. Returns the number of records
/// that are skipped.
fn record_failure(shard: &mut Shard, changes: &[Change], failed: &BatchFailure) -> u64 {
    let number = &failed.sequence_number;
    let done = changes.iter().take_while(|change| change.sequence_number != *number);
    if let Some(last) = done.last() {
        shard.position = IteratorPosition::After(last.sequence_number.0.clone());
    }
    if failed.is_transient {
        return 0;
    }
    let attempts = match &shard.stuck {
        Some((stuck, attempts)) if *stuck == number.0 => attempts + 1,
        _ => 1,
    };
    shard.stuck = Some((number.0.clone(), attempts));
    if attempts < ATTEMPTS_MAX {
        return 0;
    }
    tracing::error!(shard = shard.listed.shard_id, number = number.0, "stream record skipped after too many attempts");
    shard.position = IteratorPosition::After(number.0.clone());
    shard.stuck = None;
    1
}
