//! The web server's reader on a real table and its stream.

use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::stream::projections;
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{conversation_id, inbox_rows, inbox_texts, message, put};
use crate::support::admin_code::schema;
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::fake_streams::client_of;
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

/// Starts a reader with its own connections, as another server has.
fn start_reader(dynamodb: &DynamoDb, database: &Database) -> DropGuard {
    let closing = CancellationToken::new();
    let table = Table::new(dynamodb.client(), TABLE);
    let streams = client_of(dynamodb.endpoint());
    let reader = Reader::new(table.name(), streams, database.pool.clone(), projections::all(&table));
    tokio::spawn(reader.run(closing.clone()));
    closing.drop_guard()
}

async fn wait_for_inbox(table: &Table, seq: u64) {
    let body = message(conversation_id(1), seq, seq as i64).body;
    wait_until("the rows are at the message", async || {
        inbox_texts(table, conversation_id(1)).await == [&*body, &*body]
    })
    .await;
}

/// Stores a message like a server that dies right afterwards.
async fn store(table: &Table, seq: u64) {
    put(table, [message(conversation_id(1), seq, seq as i64).item()]).await;
}

/// Returns the number of connections that hold the lock.
async fn readers(database: &Database) -> i64 {
    let of_this_database = "database = (select oid from pg_database where datname = current_database())";
    database.number(&format!("select count(*) from pg_locks where locktype = 'advisory' and {of_this_database}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_server_died_reaches_the_inbox_rows() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
    // Stored before any reader runs.
    store(&table, 2).await;
    let _reading = start_reader(&dynamodb, &database);
    wait_for_inbox(&table, 2).await;
    store(&table, 3).await;
    wait_for_inbox(&table, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_reads_and_another_takes_over_when_the_lock_is_lost() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
    let _readers =
        [start_reader(&dynamodb, &database), start_reader(&dynamodb, &database), start_reader(&dynamodb, &database)];
    wait_until("a server reads", async || readers(&database).await == 1).await;
    for seq in 2..5 {
        store(&table, seq).await;
        wait_for_inbox(&table, seq).await;
        assert_eq!(readers(&database).await, 1);
        let holder = "select pid from pg_locks where locktype = 'advisory' and granted";
        let of_this = "and database = (select oid from pg_database where datname = current_database())";
        database.execute(&format!("select pg_terminate_backend(pid) from ({holder} {of_this}) as held")).await;
        wait_until("a server reads again", async || readers(&database).await == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_reader_releases_the_lock() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    dynamodb.table().await;
    let reading = start_reader(&dynamodb, &database);
    wait_until("it reads", async || readers(&database).await == 1).await;
    drop(reading);
    wait_until("no server reads", async || readers(&database).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreated_table_is_read_from_its_beginning() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let _reading = start_reader(&dynamodb, &database);
    wait_until("it waits for a table", async || readers(&database).await == 1).await;
    for _ in 0..2 {
        let table = dynamodb.table().await;
        put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
        store(&table, 2).await;
        wait_for_inbox(&table, 2).await;
        schema::drop(table.client(), TABLE).await.expect("dropped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_cannot_save_its_checkpoint_restarts() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
    let _reading = start_reader(&dynamodb, &database);
    wait_until("it reads", async || readers(&database).await == 1).await;
    // The connection works, but the checkpoint table is missing.
    database.execute("alter table stream_checkpoints rename to away").await;
    store(&table, 2).await;
    wait_until("it notices", async || readers(&database).await == 0).await;
    database.execute("alter table away rename to stream_checkpoints").await;
    wait_for_inbox(&table, 2).await;
}
