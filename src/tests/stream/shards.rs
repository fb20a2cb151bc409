//! The web server's reader on a stream with several shards and with failures.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::Key;
use cruddur_messages::server::stream::projections;
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{conversation_id, inbox_rows, inbox_texts, message, put};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fake_streams::{FakeStreams, Record, Shard, StreamState};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// Maximum number of attempts at a record whose failure is not transient.
const ATTEMPTS_MAX: usize = 10;

/// A table, a scriptable stream, and a database.
struct Fixture {
    dynamodb: DynamoDb,
    table: Table,
    streams: FakeStreams,
    database: Database,
}

impl Fixture {
    /// Creates them, with a conversation of Ana and Ben.
    async fn start(shards: Vec<Shard>) -> Self {
        let dynamodb = DynamoDb::start().await;
        let table = dynamodb.table().await;
        put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
        Self { dynamodb, table, streams: FakeStreams::start(shards).await, database: Database::fresh().await }
    }

    /// Starts a reader that stops when the guard is dropped.
    fn start_reader(&self) -> DropGuard {
        self.start_reader_with(self.table.clone())
    }

    /// Starts a reader that writes through `table`.
    fn start_reader_with(&self, table: Table) -> DropGuard {
        let closing = CancellationToken::new();
        let (streams, postgres) = (self.streams.client(), self.database.pool.clone());
        let reader = Reader::new(table.name(), streams, postgres, projections::all(&table));
        tokio::spawn(reader.run(closing.clone()));
        closing.drop_guard()
    }

    /// Returns the number of reads of a record. All reads but the last have been processed.
    fn reads(&self, number: usize) -> usize {
        self.streams.state().read.iter().filter(|(_, read)| *read == number).count()
    }

    /// Returns the number of the last processed record, as the next reader will find it; -1 before the first.
    async fn checkpoint(&self) -> i64 {
        self.database.number("select coalesce(max(sequence_number::bigint), -1) from stream_checkpoints").await
    }

    /// Waits until the stream's state meets a condition.
    async fn wait_until(&self, what: &str, wanted: impl Fn(&StreamState) -> bool) {
        wait_until(what, async || wanted(&self.streams.state())).await;
    }

    /// Waits until both inbox rows are at a message.
    async fn wait_for_inbox(&self, seq: u64) {
        let body = message(conversation_id(1), seq, seq as i64).body;
        wait_until("the rows are there", async || {
            inbox_texts(&self.table, conversation_id(1)).await == [&*body, &*body]
        })
        .await;
    }
}

fn row(seq: u64) -> Record {
    message(conversation_id(1), seq, seq as i64).item().into()
}

fn shard(id: &'static str, parent: Option<&'static str>, seqs: std::ops::Range<u64>, is_closed: bool) -> Shard {
    Shard { records: seqs.map(row).collect(), is_closed, ..Shard::new(id, parent) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_is_read_after_its_parent() {
    let shards = vec![
        shard("left", Some("root"), 5..8, false),
        shard("right", Some("root"), 8..11, false),
        shard("root", Some("trimmed"), 2..5, true),
    ];
    let fixture = Fixture::start(shards).await;
    let _reading = fixture.start_reader();
    fixture.wait_until("all is read", |state| state.read.len() == 9).await;
    let read = fixture.streams.state().read.clone();
    assert!(read[..3].iter().all(|(shard, _)| shard == "root"), "{read:?}");
    fixture.wait_for_inbox(10).await;
    // The shard splits while it is read: the children of a closing shard are found at once.
    {
        let state = &mut *fixture.streams.state();
        state.shards[1].is_closed = true;
        state.shards.push(shard("right-right", Some("right"), 11..13, false));
    }
    fixture.wait_for_inbox(12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_reader_continues_where_the_last_reader_stopped() {
    let fixture =
        Fixture::start(vec![shard("root", None, 2..5, true), shard("child", Some("root"), 5..8, false)]).await;
    let reading = fixture.start_reader();
    fixture.wait_for_inbox(7).await;
    let saved = "select count(*) from stream_checkpoints where finished or sequence_number like '%2'";
    wait_until("the checkpoints are kept", async || fixture.database.number(saved).await == 2).await;
    drop(reading);
    {
        let state = &mut *fixture.streams.state();
        state.read.clear();
        state.shards[1].records.push(row(8));
    }
    let _reading = fixture.start_reader();
    fixture.wait_for_inbox(8).await;
    assert_eq!(fixture.streams.state().read, [("child".to_owned(), 3)], "nothing is read twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_iterator_is_replaced() {
    let fixture = Fixture::start(vec![shard("root", None, 2..5, false)]).await;
    let _reading = fixture.start_reader();
    fixture.wait_for_inbox(4).await;
    {
        let state = &mut *fixture.streams.state();
        state.expired_before = usize::MAX;
        state.read.clear();
    }
    // It requests another iterator, which has expired as well.
    let before = fixture.streams.state().requests;
    fixture.wait_until("it keeps asking", |state| state.requests > before + 3).await;
    {
        let state = &mut *fixture.streams.state();
        state.expired_before = 0;
        state.shards[0].records.push(row(5));
    }
    fixture.wait_for_inbox(5).await;
    assert_eq!(fixture.streams.state().read, [("root".to_owned(), 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_were_trimmed_unread_are_skipped() {
    let fixture = Fixture::start(vec![shard("root", None, 2..4, false)]).await;
    let reading = fixture.start_reader();
    fixture.wait_for_inbox(3).await;
    let saved = "select count(*) from stream_checkpoints where sequence_number like '%1'";
    wait_until("the checkpoint is kept", async || fixture.database.number(saved).await == 1).await;
    drop(reading);
    {
        let state = &mut *fixture.streams.state();
        state.shards[0].records.extend((4..9).map(row));
        state.shards[0].trimmed = 4;
    }
    let _reading = fixture.start_reader();
    fixture.wait_for_inbox(8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_stream_is_polled_slowly_until_it_is_back() {
    let fixture = Fixture::start(vec![shard("root", None, 2..4, false)]).await;
    let _reading = fixture.start_reader();
    fixture.wait_for_inbox(3).await;
    fixture.streams.state().is_gone = true;
    let before = fixture.streams.state().requests;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = fixture.streams.state().requests - before;
    assert!(asked <= 20, "{asked} requests in 3 s");
    {
        let state = &mut *fixture.streams.state();
        state.is_gone = false;
        state.shards = vec![shard("another", None, 4..7, false)];
    }
    fixture.wait_for_inbox(6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_retried_until_dynamodb_recovers_and_earlier_records_stay_processed() {
    // A record that is not a message needs no access to DynamoDB.
    let records = vec![Key::Head(conversation_id(1)).item().into(), row(2)];
    let fixture = Fixture::start(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let faults = FaultProxy::start(&fixture.dynamodb).await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::throttled());
    let _reading = fixture.start_reader_with(table_behind(&faults).await);
    // More often than a permanently failing record is retried.
    let is_clear = async || fixture.reads(1) > ATTEMPTS_MAX + 2 || fixture.checkpoint().await > 0;
    wait_until("it is retried many times, or skipped", is_clear).await;
    assert_eq!(fixture.checkpoint().await, 0);
    faults.clear();
    fixture.wait_for_inbox(2).await;
    wait_until("the checkpoint is kept", async || fixture.checkpoint().await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permanently_failing_record_holds_up_no_other_and_is_skipped_eventually() {
    // The text is too long for a row: DynamoDB refuses it at every attempt (`ValidationException`).
    let too_long = MessageRow { body: "a".repeat(400 * 1024), ..message(conversation_id(2), 2, 2) };
    let records = vec![too_long.item().into(), row(2)];
    let fixture = Fixture::start(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let first = message(conversation_id(2), 1, 0);
    put(&fixture.table, inbox_rows(&first)).await;
    let _reading = fixture.start_reader();
    fixture.wait_for_inbox(2).await;
    assert_eq!(fixture.checkpoint().await, -1, "the other record is retried");
    wait_until("it is skipped", async || fixture.checkpoint().await == 1).await;
    assert!(fixture.reads(0) >= ATTEMPTS_MAX, "tried {} times", fixture.reads(0));
    assert_eq!(inbox_texts(&fixture.table, conversation_id(2)).await, [&*first.body, &*first.body], "no row is lost");
}

/// Returns the table behind `faults`. Without the SDK's retries: all clients of a process share one retry budget, and
/// other tests need it.
async fn table_behind(faults: &FaultProxy) -> Table {
    let config = faults.client().await.config().to_builder().retry_config(RetryConfig::disabled());
    Table::new(Client::from_conf(config.build()), TABLE)
}
