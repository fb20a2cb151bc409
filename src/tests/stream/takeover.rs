//! Two servers as they run in production, one of which is killed.

use std::time::{Duration, Instant};

use cruddur_messages::server::store::dynamodb::Table;

use super::batch::{inbox_rows, message, put, shown, talk};
use crate::processes::Process;
use crate::support::app::TestApp;
use crate::support::until::until;

#[tokio::test(flavor = "multi_thread")]
async fn when_the_server_that_reads_is_killed_another_reads_within_5_s() {
    let app = TestApp::start().await;
    let table = app.dynamodb.table().await;
    put(&table, inbox_rows(&message(talk(1), 1, 0))).await;
    let readers = "select count(*) from pg_locks where locktype = 'advisory' \
        and database = (select oid from pg_database where datname = current_database())";

    let mut reading = Process::start(&app).await;
    until("it reads", async || app.database.number(readers).await == 1).await;
    let _waiting = Process::start(&app).await;
    store_and_wait(&table, 2).await;

    // SIGKILL: nothing is tidied up.
    reading.child.start_kill().expect("it runs");
    let killed_at = Instant::now();
    store_and_wait(&table, 3).await;
    assert!(killed_at.elapsed() < Duration::from_secs(5), "{:?}", killed_at.elapsed());
}

/// Stores a message as a server does that dies right afterwards, and waits until it has reached both inboxes.
async fn store_and_wait(table: &Table, seq: u64) {
    let stored = message(talk(1), seq, seq as i64);
    put(table, [stored.item()]).await;
    until("it is read", async || shown(table, talk(1)).await == [&*stored.body, &*stored.body]).await;
}
