//! A second projection beside the one that moves inbox rows: it gets every change, whatever happens to the other.

use std::sync::{Arc, Mutex};

use aws_lambda_events::event::dynamodb::Event;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::rows::{FirstSent, MessageRow, SendMarker};
use cruddur_messages::server::store::dynamodb::table::Item;
use cruddur_messages::server::stream::change::{Change, Row, SequenceNumber};
use cruddur_messages::server::stream::projection::{BatchFailure, Projection};
use cruddur_messages::server::stream::reader::Reader;
use cruddur_messages::server::stream::{batch, lambda, projections};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{conversation_id, inbox_rows, inbox_texts, message, put};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fake_streams::{FakeStreams, Record, Shard, client_of};
use crate::support::items;
use crate::support::lambda::record;
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// A row before and after a change.
pub(crate) type Rows = (Option<Row>, Option<Row>);

/// A projection that keeps every batch. Cloning copies the handle.
#[derive(Clone, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<Vec<Change>>>>);

impl Collector {
    pub(crate) fn boxed(&self) -> Box<dyn Projection> {
        Box::new(self.clone())
    }

    /// Returns the batches so far.
    fn batches(&self) -> Vec<Vec<Change>> {
        self.0.lock().expect("not poisoned").clone()
    }

    /// Returns the rows of all changes so far.
    pub(crate) fn rows(&self) -> Vec<Rows> {
        self.batches().into_iter().flatten().map(|change| (change.before, change.after)).collect()
    }

    /// Returns the sequence numbers of all changes so far.
    fn numbers(&self) -> Vec<u64> {
        let number = |change: Change| change.sequence_number.0.parse().expect("a number");
        self.batches().into_iter().flatten().map(number).collect()
    }
}

impl Projection for Collector {
    fn name(&self) -> &'static str {
        "collector"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        async {
            self.0.lock().expect("not poisoned").push(changes.to_vec());
            Ok(())
        }
        .boxed()
    }
}

/// A projection that fails at a record until it is repaired. Cloning copies the handle.
#[derive(Clone)]
struct Failing(Arc<Mutex<Option<BatchFailure>>>);

impl Failing {
    fn at(number: &str, is_transient: bool) -> Self {
        Self(Arc::new(Mutex::new(Some(failure(number, is_transient)))))
    }

    fn boxed(&self) -> Box<dyn Projection> {
        Box::new(self.clone())
    }

    fn repair(&self) {
        *self.0.lock().expect("not poisoned") = None;
    }
}

impl Projection for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        async {
            let failure = self.0.lock().expect("not poisoned").clone();
            let is_in = |it: &BatchFailure| changes.iter().any(|change| change.sequence_number == it.sequence_number);
            failure.filter(is_in).map_or(Ok(()), Err)
        }
        .boxed()
    }
}

fn failure(number: &str, is_transient: bool) -> BatchFailure {
    BatchFailure { sequence_number: SequenceNumber(number.to_owned()), is_transient }
}

/// Starts a reader of a table's stream that stops when the guard is dropped.
fn start_reader(
    streams: aws_sdk_dynamodbstreams::Client,
    database: &Database,
    projections: Vec<Box<dyn Projection>>,
) -> DropGuard {
    let closing = CancellationToken::new();
    let reader = Reader::new(TABLE, streams, database.pool.clone(), projections);
    tokio::spawn(reader.run(closing.clone()));
    closing.drop_guard()
}

/// Returns the rows of these records as a projection of the web server's reader gets them.
pub(crate) async fn read_by_reader(records: Vec<Record>) -> Vec<Rows> {
    let (database, count, collector) = (Database::fresh().await, records.len(), Collector::default());
    let streams = FakeStreams::start(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let _reading = start_reader(streams.client(), &database, vec![collector.boxed()]);
    wait_until("all records are read", async || collector.rows().len() >= count).await;
    collector.rows()
}

/// Hands these records to the Lambda handler as one event. Returns the sequence numbers that it reports as failed.
pub(crate) async fn read_by_lambda(projections: &[Box<dyn Projection>], records: &[Record]) -> Vec<String> {
    let records = records.iter().enumerate().map(|(n, it)| record(&n.to_string(), "NEW_AND_OLD_IMAGES", it));
    let event: Event = serde_json::from_value(json!({ "Records": Vec::from_iter(records) })).expect("an event");
    let answer = lambda::handle(projections, event).await;
    answer.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier).collect()
}

/// A change of a row in a history: the row before and after it.
struct Step {
    old: Option<Item>,
    new: Option<Item>,
    rows: Rows,
}

/// Returns four messages of two conversations, an edit of the first message, the deletion of the second, and the
/// expiry of a send marker.
fn history() -> Vec<Step> {
    let messages = [(1, 2), (1, 3), (2, 2), (1, 4)].map(|(of, seq)| message(conversation_id(of), seq, seq as i64));
    let edited = MessageRow { body: "edited".to_owned(), ..messages[0].clone() };
    let step = |old: Option<&MessageRow>, new: Option<&MessageRow>| Step {
        old: old.map(MessageRow::item),
        new: new.map(MessageRow::item),
        rows: (old.cloned().map(Row::Message), new.cloned().map(Row::Message)),
    };
    let marker = || Some(SendMarker::item(&messages[0], 1));
    let row = || {
        let MessageRow { conversation, id, at, .. } = messages[0].clone();
        Some(Row::SendMarker(conversation, id, SendMarker { at, first_sent: Some(FirstSent::new(&messages[0])) }))
    };
    let mut steps: Vec<_> = messages.iter().map(|message| step(None, Some(message))).collect();
    steps.push(Step { old: None, new: marker(), rows: (None, row()) });
    steps.push(step(Some(&messages[0]), Some(&edited)));
    steps.push(step(Some(&messages[1]), None));
    steps.push(Step { old: marker(), new: None, rows: (row(), None) });
    steps
}

/// Waits until both inbox rows of a conversation are at a message.
async fn wait_for_inbox(table: &Table, of: u128, seq: u64) {
    let text = message(conversation_id(of), seq, seq as i64).body;
    wait_until("the rows are there", async || inbox_texts(table, conversation_id(of)).await == [&*text, &*text]).await;
}

async fn put_first_inbox_rows(table: &Table) {
    for of in [1, 2] {
        put(table, inbox_rows(&message(conversation_id(of), 1, 0))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_projection_sees_every_change_of_a_batch_through_the_reader() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put_first_inbox_rows(&table).await;
    let (steps, collector) = (history(), Collector::default());
    for step in &steps {
        match (&step.old, &step.new) {
            (_, Some(row)) => put(&table, [row.clone()]).await,
            (Some(row), None) => {
                let key = Some(["pk", "sk"].map(|name| (name.to_owned(), row[name].clone())).into());
                table.client().delete_item().table_name(TABLE).set_key(key).send().await.expect("deleted");
            }
            (None, None) => {}
        }
    }
    let list = projections::all(&table).into_iter().chain([collector.boxed()]).collect();
    let _reading = start_reader(client_of(dynamodb.endpoint()), &database, list);
    wait_until("a batch is read", async || !collector.batches().is_empty()).await;
    let first = collector.batches().remove(0);
    let is_wanted = |row: &Option<Row>| matches!(row, Some(Row::Message(_) | Row::SendMarker(..)));
    let changes = first.into_iter().map(|change| (change.before, change.after));
    let seen: Vec<_> = changes.filter(|(before, after)| is_wanted(before) || is_wanted(after)).collect();
    assert_eq!(seen, steps.into_iter().map(|step| step.rows).collect::<Vec<_>>());
    wait_for_inbox(&table, 1, 4).await;
    wait_for_inbox(&table, 2, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_projection_sees_every_change_of_a_batch_through_lambda() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    put_first_inbox_rows(&table).await;
    let (steps, collector) = (history(), Collector::default());
    let image = |row: &Option<Item>| row.as_ref().map(items::json);
    let records: Vec<_> = steps.iter().map(|step| Record { old: image(&step.old), new: image(&step.new) }).collect();
    let list: Vec<_> = projections::all(&table).into_iter().chain([collector.boxed()]).collect();
    assert_eq!(read_by_lambda(&list, &records).await, Vec::<String>::new());
    assert_eq!(collector.batches().len(), 1);
    assert_eq!(collector.rows(), steps.into_iter().map(|step| step.rows).collect::<Vec<_>>());
    wait_for_inbox(&table, 1, 4).await;
    wait_for_inbox(&table, 2, 2).await;
}

#[tokio::test]
async fn a_failing_projection_keeps_no_other_from_running_and_the_lowest_failure_is_reported() {
    let changes = ["7", "10", "9"].map(|number| Change::new(SequenceNumber(number.to_owned()), None, None));
    for (failing, expected) in [
        (vec![], Ok(())),
        (vec![("10", true)], Err(failure("10", true))),
        (vec![("10", true), ("9", false)], Err(failure("9", false))),
        (vec![("9", false), ("10", true), ("7", false)], Err(failure("7", false))),
        // A permanent failure must not have a record skipped that another projection will get through with.
        (vec![("9", false), ("9", true)], Err(failure("9", true))),
        (vec![("9", true), ("9", false)], Err(failure("9", true))),
        (vec![("9", false), ("9", false)], Err(failure("9", false))),
    ] {
        let collector = Collector::default();
        let mut list: Vec<_> = failing.iter().map(|&(number, kind)| Failing::at(number, kind).boxed()).collect();
        list.insert(list.len() / 2, collector.boxed());
        assert_eq!(batch::apply(&list, &changes).await, expected, "{failing:?}");
        assert_eq!(collector.batches(), [changes.to_vec()], "{failing:?}");
    }
}

#[tokio::test]
async fn lambda_reports_the_lowest_failure_of_all_projections() {
    let records: Vec<_> = (2..5).map(|seq| Record::from(message(conversation_id(1), seq, 0).item())).collect();
    let list = [Failing::at("2", true).boxed(), Failing::at("1", false).boxed()];
    assert_eq!(read_by_lambda(&list, &records).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reader_repeats_the_changes_from_the_lowest_failure_on_for_all_projections() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
    let records = (2..6).map(|seq| message(conversation_id(1), seq, seq as i64).item().into()).collect();
    let streams = FakeStreams::start(vec![Shard { records, ..Shard::new("root", None) }]).await;
    let (failing, collector) = (Failing::at(&format!("{:021}", 1), true), Collector::default());
    let list = projections::all(&table).into_iter().chain([failing.boxed(), collector.boxed()]).collect();
    let _reading = start_reader(streams.client(), &database, list);
    wait_until("it is retried", async || collector.batches().len() > 3).await;
    // The others are done with the batch of the failing record; the reader does not go on to the next.
    wait_for_inbox(&table, 1, 4).await;
    let tried = collector.numbers();
    assert!(tried.starts_with(&[0, 1, 1, 2, 1, 2]) && !tried.contains(&3), "{tried:?}");
    failing.repair();
    wait_until("all is read", async || collector.numbers().contains(&3)).await;
    wait_for_inbox(&table, 1, 5).await;
}
