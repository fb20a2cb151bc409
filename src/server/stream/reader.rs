//! The task of the web server that reads the table's stream: one server at a time, from where the last one stopped.

use std::convert::Infallible;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::stream::batch::{self, Failed, Record};
use crate::server::stream::lock::Lock;
use crate::server::stream::shards::{Shard, ready, renewed};
use crate::server::stream::source::{Place, Read};
use crate::server::stream::{checkpoint, source};

pub use crate::server::stream::source::connect;

/// How often a server that does not read asks whether it may. Somebody reads again within five seconds even where the
/// machine of the reader has vanished, which PostgreSQL takes four to notice.
const TURN_INTERVAL: Duration = Duration::from_millis(500);

/// The longest that a server waits after a failure before it wants to read again.
const PAUSE_MAX: Duration = Duration::from_secs(4);

/// How often an idle stream is asked for more: in time for a row that a server left behind when it died.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// How often one that has more is asked: DynamoDB answers five times a second for each shard.
const BUSY_INTERVAL: Duration = Duration::from_millis(200);

/// How often the shards are listed.
const LIST_INTERVAL: Duration = Duration::from_secs(10);

/// The most records of one read, which is as many as DynamoDB gives at once: with fewer, a busy shard would be written
/// faster than it is read. A send writes eight.
const BATCH_MAX: i32 = 1000;

/// How often a record is tried whose failure is no outage, before it is passed over.
const TRIES_MAX: u32 = 10;

/// What reading takes. Cloning copies handles.
#[derive(Clone)]
pub struct Reader {
    table: Table,
    streams: Client,
    postgres: PgPool,
}

impl Reader {
    /// A reader of the stream of `table`, whose lock and checkpoints are in `postgres`.
    pub fn new(table: Table, streams: Client, postgres: PgPool) -> Self {
        Self { table, streams, postgres }
    }

    /// Waits for its turn and reads, until `closing` is cancelled. Whatever is away is waited for.
    pub async fn run(self, closing: CancellationToken) {
        // Cut off anywhere: what has not been noted as done is done again by who reads next.
        closing.run_until_cancelled_owned(self.take_turns()).await;
    }

    async fn take_turns(&self) {
        let mut pause = Duration::ZERO;
        loop {
            let began = Instant::now();
            let Err(failure) = self.turn().await;
            if began.elapsed() > LIST_INTERVAL {
                pause = Duration::ZERO;
            }
            // Somebody else may have better luck with the same parts: the lock is free while this one waits.
            if pause < PAUSE_MAX {
                failure.into_answer();
                tracing::warn!("stopped reading the table's stream; tries again");
            }
            pause = (pause + TURN_INTERVAL).min(PAUSE_MAX);
            sleep(pause).await;
        }
    }

    /// Waits for the lock, then reads until something fails.
    async fn turn(&self) -> Result<Infallible, Failure> {
        let mut lock = self.lock().await?;
        let mut shards = Vec::new();
        let mut listed_at: Option<Instant> = None;
        loop {
            let began = Instant::now();
            lock.check().await?;
            if listed_at.is_none_or(|at| at.elapsed() > LIST_INTERVAL) {
                shards = self.list(&mut lock, shards).await?;
                listed_at = Some(began);
            }
            let round = self.round(&mut lock, &mut shards).await?;
            if round.list_again {
                listed_at = None;
            }
            let interval = if round.found_any { BUSY_INTERVAL } else { IDLE_INTERVAL };
            sleep(interval.saturating_sub(began.elapsed())).await;
        }
    }

    async fn lock(&self) -> Result<Lock, Failure> {
        let mut lock = Lock::connect(&self.postgres).await?;
        while !lock.try_take(self.table.name()).await? {
            sleep(TURN_INTERVAL).await;
        }
        tracing::info!("has the lock on reading the table's stream");
        Ok(lock)
    }

    async fn list(&self, lock: &mut Lock, known: Vec<Shard>) -> Result<Vec<Shard>, Failure> {
        let listed = source::shards(&self.streams, self.table.name()).await?;
        let mut streams: Vec<_> = listed.iter().map(|shard| shard.stream_arn.clone()).collect();
        streams.dedup();
        let checkpoints = checkpoint::load(lock.connection(), &streams).await?;
        Ok(renewed(known, listed, &checkpoints))
    }

    /// Reads once from every shard that may be read.
    async fn round(&self, lock: &mut Lock, shards: &mut [Shard]) -> Result<Round, Failure> {
        let mut round = Round::default();
        for place in ready(shards) {
            let shard = &mut shards[place];
            let before = (shard.place.clone(), shard.finished);
            round.add(self.step(shard).await?);
            if before != (shard.place.clone(), shard.finished) {
                checkpoint::save(lock.connection(), &shard.checkpoint()).await?;
            }
            // Its children may be read now.
            round.list_again |= shard.finished;
        }
        Ok(round)
    }

    /// Reads a batch and does what it asks for.
    async fn step(&self, shard: &mut Shard) -> Result<Round, Failure> {
        let read = match self.iterator(shard).await? {
            Ok(iterator) => source::read(&self.streams, &iterator, BATCH_MAX).await?,
            Err(nothing) => nothing,
        };
        shard.iterator = None;
        match read {
            Read::Records(records, next) => {
                let done = batch::apply(&self.table, &records).await;
                let round = Round { found_any: !records.is_empty() && done.is_ok(), list_again: false };
                match done {
                    Ok(()) => all_done(shard, &records, next),
                    Err(failed) => some_done(shard, &records, &failed),
                }
                Ok(round)
            }
            // Taken anew from the checkpoint.
            Read::Expired => Ok(Round::default()),
            Read::Trimmed => {
                // A checkpoint of more than a day ago: of a shard that was quiet, or while nobody read.
                tracing::warn!(shard = shard.listed.shard_id, "the stream no longer goes back to the checkpoint");
                shard.place = Place::Beginning;
                Ok(Round::default())
            }
            Read::Gone => Ok(Round { found_any: false, list_again: true }),
        }
    }

    async fn iterator(&self, shard: &mut Shard) -> Result<Result<String, Read>, Failure> {
        match shard.iterator.take() {
            Some(iterator) => Ok(Ok(iterator)),
            None => {
                let Shard { listed, place, .. } = shard;
                source::iterator(&self.streams, &listed.stream_arn, &listed.shard_id, place).await
            }
        }
    }
}

/// What a round through the shards has shown.
#[derive(Debug, Default)]
struct Round {
    found_any: bool,
    list_again: bool,
}

impl Round {
    fn add(&mut self, other: Self) {
        self.found_any |= other.found_any;
        self.list_again |= other.list_again;
    }
}

fn all_done(shard: &mut Shard, records: &[Record], next: Option<String>) {
    if let Some(last) = records.last() {
        shard.place = Place::After(last.sequence_number.0.clone());
    }
    shard.stuck = None;
    shard.finished = next.is_none();
    shard.iterator = next;
}

/// Goes on to the record that was not done, and past it when it has had its chances.
fn some_done(shard: &mut Shard, records: &[Record], failed: &Failed) {
    let number = &failed.sequence_number;
    let done = records.iter().take_while(|record| record.sequence_number != *number);
    if let Some(last) = done.last() {
        shard.place = Place::After(last.sequence_number.0.clone());
    }
    if failed.may_pass {
        return;
    }
    let tries = match &shard.stuck {
        Some((stuck, tries)) if *stuck == number.0 => tries + 1,
        _ => 1,
    };
    shard.stuck = Some((number.0.clone(), tries));
    if tries >= TRIES_MAX {
        tracing::error!(shard = shard.listed.shard_id, number = number.0, "a record is passed over");
        shard.place = Place::After(number.0.clone());
        shard.stuck = None;
    }
}
