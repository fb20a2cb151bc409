//! The web server's reader, before a stream with more than one shard, and with accidents.

use std::time::Duration;

use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{inbox_rows, message, put, shown, talk};
use crate::support::dynamodb::DynamoDb;
use crate::support::postgres::Database;
use crate::support::streams::{Script, Shard, Streams};
use crate::support::until::until;

/// A table, a stream that does as it is told, and a database.
struct Scene {
    _dynamodb: DynamoDb,
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
        Self { _dynamodb: dynamodb, table, streams: Streams::start(shards).await, database: Database::fresh().await }
    }

    /// A reader that stops when what comes back is dropped.
    fn read(&self) -> DropGuard {
        let closing = CancellationToken::new();
        let reader = Reader::new(self.table.clone(), self.streams.client(), self.database.pool.clone());
        tokio::spawn(reader.run(closing.clone()));
        closing.drop_guard()
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

fn row(seq: u64) -> cruddur_messages::server::store::table::Item {
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
