//! The web server's reader on a real table and its stream.

use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::schema;
use cruddur_messages::server::stream::reader::Reader;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::batch::{inbox_rows, message, put, shown, talk};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::postgres::Database;
use crate::support::streams::client_of;
use crate::support::until::until;

/// Starts a reader with connections of its own, as another server has.
fn read(dynamodb: &DynamoDb, database: &Database) -> DropGuard {
    let closing = CancellationToken::new();
    let table = Table::new(dynamodb.client(), TABLE);
    let reader = Reader::new(table, client_of(dynamodb.endpoint()), database.pool.clone());
    tokio::spawn(reader.run(closing.clone()));
    closing.drop_guard()
}

async fn until_shown(table: &Table, seq: u64) {
    let body = message(talk(1), seq, seq as i64).body;
    until("the rows are at the message", async || shown(table, talk(1)).await == [&*body, &*body]).await;
}

/// Stores a message as a server does that dies right afterwards.
async fn store(table: &Table, seq: u64) {
    put(table, [message(talk(1), seq, seq as i64).item()]).await;
}

/// How many connections hold the lock.
async fn readers(database: &Database) -> i64 {
    let of_this_database = "database = (select oid from pg_database where datname = current_database())";
    database.number(&format!("select count(*) from pg_locks where locktype = 'advisory' and {of_this_database}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_server_died_reaches_the_inbox_rows() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
    // Stored before anybody reads.
    store(&table, 2).await;
    let _reading = read(&dynamodb, &database);
    until_shown(&table, 2).await;
    store(&table, 3).await;
    until_shown(&table, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reads_and_another_takes_over_when_the_lock_is_lost() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
    let _readers = [read(&dynamodb, &database), read(&dynamodb, &database), read(&dynamodb, &database)];
    until("somebody reads", async || readers(&database).await == 1).await;
    for seq in 2..5 {
        store(&table, seq).await;
        until_shown(&table, seq).await;
        assert_eq!(readers(&database).await, 1);
        let holder = "select pid from pg_locks where locktype = 'advisory' and granted";
        let of_this = "and database = (select oid from pg_database where datname = current_database())";
        database.execute(&format!("select pg_terminate_backend(pid) from ({holder} {of_this}) as held")).await;
        until("somebody reads again", async || readers(&database).await == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_told_to_stop_lets_go() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    dynamodb.table().await;
    let reading = read(&dynamodb, &database);
    until("it reads", async || readers(&database).await == 1).await;
    drop(reading);
    until("nobody reads", async || readers(&database).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_made_anew_is_read_from_its_beginning() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let _reading = read(&dynamodb, &database);
    until("it waits for a table", async || readers(&database).await == 1).await;
    for _ in 0..2 {
        let table = dynamodb.table().await;
        put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
        store(&table, 2).await;
        until_shown(&table, 2).await;
        schema::drop(table.client(), TABLE).await.expect("dropped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_cannot_keep_its_checkpoint_begins_again() {
    let (dynamodb, database) = (DynamoDb::start().await, Database::fresh().await);
    let table = dynamodb.table().await;
    put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
    let _reading = read(&dynamodb, &database);
    until("it reads", async || readers(&database).await == 1).await;
    // Its connection answers, but not with what it needs.
    database.execute("alter table stream_checkpoints rename to away").await;
    store(&table, 2).await;
    until("it notices", async || readers(&database).await == 0).await;
    database.execute("alter table away rename to stream_checkpoints").await;
    until_shown(&table, 2).await;
}
