//! Two servers as in production, one of which is killed.

use std::time::{Duration, Instant};

use cruddur_messages::server::store::dynamodb::Table;

use super::batch::{conversation_id, inbox_rows, inbox_texts, message, put};
use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::wait_until::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn after_the_reading_server_is_killed_another_reads_within_5_s() {
    let app = TestApp::start().await;
    let table = app.dynamodb.table().await;
    put(&table, inbox_rows(&message(conversation_id(1), 1, 0))).await;
    let readers = "select count(*) from pg_locks where locktype = 'advisory' \
        and database = (select oid from pg_database where datname = current_database())";

    let mut reading = Process::start(&app).await;
    wait_until("it reads", async || app.database.number(readers).await == 1).await;
    let _waiting = Process::start(&app).await;
    store_and_wait(&table, 2).await;

    // SIGKILL: the server cannot clean up.
    reading.child.start_kill().expect("it runs");
    let killed_at = Instant::now();
    store_and_wait(&table, 3).await;
    assert!(killed_at.elapsed() < Duration::from_secs(5), "{:?}", killed_at.elapsed());
}

/// Stores a message like a server that dies right afterwards, and waits until it has reached both inboxes.
async fn store_and_wait(table: &Table, seq: u64) {
    let stored = message(conversation_id(1), seq, seq as i64);
    put(table, [stored.item()]).await;
    wait_until("it is read", async || inbox_texts(table, conversation_id(1)).await == [&*stored.body, &*stored.body])
        .await;
}
