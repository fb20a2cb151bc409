//! The web server's reader, before a stream with more than one shard, and with accidents.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::MessageRow;
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{inbox_rows, message, put, shown, talk};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::faults::{Fault, Faults};
use crate::support::postgres::Database;
use crate::support::streams::{Script, Shard, Streams};
use crate::support::until::until;

/// How often a record is tried whose failure is no outage, before it is passed over.
const TRIES_MAX: usize = 10;

/// A table, a stream that does as it is told, and a database.
struct Scene {
    dynamodb: DynamoDb,
    table: Table,
    streams: Streams,
    database: Database,
}

impl Scene {
    /// With a conversation between Ana and Ben.
    async fn begin(shards: Vec<Shard>) -> Self {
        let dynamodb = DynamoDb::start().await;
        let table = dynamodb.table().await;
        put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
        Self { dynamodb, table, streams: Streams::start(shards).await, database: Database::fresh().await }
    }

    /// A reader that stops when what comes back is dropped.
    fn read(&self) -> DropGuard {
        self.read_and_write_to(self.table.clone())
    }

    /// The same, by another way to the table.
    fn read_and_write_to(&self, table: Table) -> DropGuard {
        let closing = CancellationToken::new();
        let reader = Reader::new(table, self.streams.client(), self.database.pool.clone());
        tokio::spawn(reader.run(closing.clone()));
        closing.drop_guard()
    }

    /// How often a record was read. Whatever was read before the last time has been tried and noted.
    fn reads(&self, number: usize) -> usize {
        self.streams.script().read.iter().filter(|(_, read)| *read == number).count()
    }

    /// The number of the last record that is done, as the next reader will find it; -1 before the first.
    async fn checkpoint(&self) -> i64 {
        self.database.number("select coalesce(max(sequence_number::bigint), -1) from stream_checkpoints").await
    }

    /// Waits until the script is as wanted.
    async fn until(&self, what: &str, wanted: impl Fn(&Script) -> bool) {
        until(what, async || wanted(&self.streams.script())).await;
    }

    /// Waits until both inbox rows are at a message.
    async fn until_shown(&self, seq: u64) {
        let body = message(talk(1), seq, seq as i64).body;
        until("the rows are there", async || shown(&self.table, talk(1)).await == [&*body, &*body]).await;
    }
}

fn row(seq: u64) -> Item {
    message(talk(1), seq, seq as i64).item()
}

fn filled(id: &'static str, parent: Option<&'static str>, seqs: std::ops::Range<u64>, is_closed: bool) -> Shard {
    Shard { records: seqs.map(row).collect(), is_closed, ..Shard::new(id, parent) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_is_read_after_the_one_that_it_split_from() {
    let shards = vec![
        filled("left", Some("root"), 5..8, false),
        filled("right", Some("root"), 8..11, false),
        filled("root", Some("thrown-away"), 2..5, true),
    ];
    let scene = Scene::begin(shards).await;
    let _reading = scene.read();
    scene.until("all is read", |script| script.read.len() == 9).await;
    let read = scene.streams.script().read.clone();
    assert!(read[..3].iter().all(|(shard, _)| shard == "root"), "{read:?}");
    scene.until_shown(10).await;
    // A split while it is read: the children of a shard that closes are found at once.
    {
        let script = &mut *scene.streams.script();
        script.shards[1].is_closed = true;
        script.shards.push(filled("right-right", Some("right"), 11..13, false));
    }
    scene.until_shown(12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_next_goes_on_where_the_last_one_stopped() {
    let scene = Scene::begin(vec![filled("root", None, 2..5, true), filled("child", Some("root"), 5..8, false)]).await;
    let reading = scene.read();
    scene.until_shown(7).await;
    let saved = "select count(*) from stream_checkpoints where finished or sequence_number like '%2'";
    until("the checkpoints are kept", async || scene.database.number(saved).await == 2).await;
    drop(reading);
    {
        let script = &mut *scene.streams.script();
        script.read.clear();
        script.shards[1].records.push(row(8));
    }
    let _reading = scene.read();
    scene.until_shown(8).await;
    assert_eq!(scene.streams.script().read, [("child".to_owned(), 3)], "nothing is read twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iterator_that_is_too_old_is_replaced() {
    let scene = Scene::begin(vec![filled("root", None, 2..5, false)]).await;
    let _reading = scene.read();
    scene.until_shown(4).await;
    {
        let script = &mut *scene.streams.script();
        script.expired_before = usize::MAX;
        script.read.clear();
    }
    // It is told so, and asks for another one, which is too old as well.
    let before = scene.streams.script().requests;
    scene.until("it keeps asking", |script| script.requests > before + 3).await;
    {
        let script = &mut *scene.streams.script();
        script.expired_before = 0;
        script.shards[0].records.push(row(5));
    }
    scene.until_shown(5).await;
    assert_eq!(scene.streams.script().read, [("root".to_owned(), 3)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_thrown_away_unread_is_passed_over() {
    let scene = Scene::begin(vec![filled("root", None, 2..4, false)]).await;
    let reading = scene.read();
    scene.until_shown(3).await;
    let saved = "select count(*) from stream_checkpoints where sequence_number like '%1'";
    until("the checkpoint is kept", async || scene.database.number(saved).await == 1).await;
    drop(reading);
    {
        let script = &mut *scene.streams.script();
        script.shards[0].records.extend((4..9).map(row));
        script.shards[0].trimmed = 4;
    }
    let _reading = scene.read();
    scene.until_shown(8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_switched_off_is_waited_for_without_haste() {
    let scene = Scene::begin(vec![filled("root", None, 2..4, false)]).await;
    let _reading = scene.read();
    scene.until_shown(3).await;
    scene.streams.script().is_gone = true;
    let before = scene.streams.script().requests;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = scene.streams.script().requests - before;
    assert!(asked <= 20, "{asked} requests in 3 s");
    {
        let script = &mut *scene.streams.script();
        script.is_gone = false;
        script.shards = vec![filled("another", None, 4..7, false)];
    }
    scene.until_shown(6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_waits_for_as_long_as_dynamodb_has_trouble_and_what_came_before_it_is_done() {
    // What is no message needs nothing of DynamoDB.
    let records = vec![Key::Head(talk(1)).item(), row(2)];
    let scene = Scene::begin(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let faults = Faults::before(&scene.dynamodb).await;
    faults.plan("TransactWriteItems", usize::MAX, Fault::throttled());
    let _reading = scene.read_and_write_to(table_behind(&faults).await);
    // Longer than a record is tried that will never be done.
    let is_clear = async || scene.reads(1) > TRIES_MAX + 2 || scene.checkpoint().await > 0;
    until("it is tried again and again, or passed over", is_clear).await;
    assert_eq!(scene.checkpoint().await, 0);
    faults.end();
    scene.until_shown(2).await;
    until("the checkpoint is kept", async || scene.checkpoint().await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_refused_for_good_holds_up_no_other_and_is_passed_over_in_the_end() {
    // No row holds so long a text. DynamoDB says so in every try, and means it (`ValidationException`).
    let too_long = MessageRow { body: "a".repeat(400 * 1024), ..message(talk(2), 2, 2) };
    let records = vec![too_long.item(), row(2)];
    let scene = Scene::begin(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let first = message(talk(2), 1, 0);
    put(&scene.table, inbox_rows(&first)).await;
    let _reading = scene.read();
    scene.until_shown(2).await;
    assert_eq!(scene.checkpoint().await, -1, "the other one is tried again");
    until("it is passed over", async || scene.checkpoint().await == 1).await;
    assert!(scene.reads(0) >= TRIES_MAX, "tried {} times", scene.reads(0));
    assert_eq!(shown(&scene.table, talk(2)).await, [&*first.body, &*first.body], "no row is lost");
}

/// The table behind `faults`. The SDK does not try again by itself: all clients of a process have one budget for that,
/// and other tests need it.
async fn table_behind(faults: &Faults) -> Table {
    let config = faults.client().await.config().to_builder().retry_config(RetryConfig::disabled());
    Table::new(Client::from_conf(config.build()), TABLE)
}
