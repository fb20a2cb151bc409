//! Ten thousand histories of sends, edits, deletions, crashes, repeats, reorderings and stale reads. After each step
//! every member has exactly one row of each conversation, and no row has a text of a message whose deletion has been
//! acknowledged. After the stream has been read, the row is at the newest message and has its text, no text of any
//! deleted message is left, and every message has a number, also those that the old app has written.

use cruddur_messages::server::store::postgres::users::Users;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;

use super::history::history;
use super::simulation::{Process, Simulation};
use crate::support::in_memory_dynamodb::InMemoryDynamoDb;

/// Number of histories per test: 10,000 in total. The tests run in parallel.
const HISTORIES: u32 = 2_500;

/// Number of histories per table. The database remembers every transaction for ten minutes, and scans all of them at
/// each new one.
const HISTORIES_A_TABLE: u32 = 250;

/// Maximum number of steps of a history, before the stream is read to its end.
const STEPS_MAX: usize = 6;

#[test]
fn every_member_has_one_row_at_the_newest_message_after_any_history_1() {
    after_any_history();
}

#[test]
fn every_member_has_one_row_at_the_newest_message_after_any_history_2() {
    after_any_history();
}

#[test]
fn every_member_has_one_row_at_the_newest_message_after_any_history_3() {
    after_any_history();
}

#[test]
fn every_member_has_one_row_at_the_newest_message_after_any_history_4() {
    after_any_history();
}

fn after_any_history() {
    for _ in 0..HISTORIES / HISTORIES_A_TABLE {
        after_any_history_of_a_table();
    }
}

/// A failure prints the shortest failing history that was found.
fn after_any_history_of_a_table() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _context = runtime.enter();
    let database = runtime.block_on(InMemoryDynamoDb::with_table());
    let processes = [Process::start(&database), Process::start(&database)];
    // PostgreSQL is not used: the pool connects on first use.
    let pool = PgPool::connect_lazy("postgres://nobody@127.0.0.1:9/none").expect("the address is well formed");
    let users = Users::new(pool);
    let config =
        Config { cases: HISTORIES_A_TABLE, max_shrink_iters: 1_000, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&history(STEPS_MAX), |history| {
        runtime.block_on(Simulation::new(&database, &processes, &users, &history).run(&history))
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}
