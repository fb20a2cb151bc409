//! Ten thousand histories of sends, crashes, repeats, reorderings and stale reads. After each of their steps every person
//! has exactly one row of each conversation, and once the stream has been read it is at the newest message.

use aws_sdk_dynamodb::types::StreamSpecification;
use cruddur_messages::server::store::dynamodb::schema::{self, Billing};
use cruddur_messages::server::store::postgres::users::Users;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;

use super::history::history;
use super::world::{Process, World};
use crate::support::dynamodb::TABLE;
use crate::support::wire::Cloud;

/// How many histories each of the tests below tries: 10,000 together. They run side by side.
const HISTORIES: u32 = 2_500;

/// How many of them share a table. It remembers every transaction for ten minutes, and looks through all of them at each.
const HISTORIES_A_TABLE: u32 = 250;

/// The most steps of a history, before everything comes through in the end.
const STEPS_MAX: usize = 6;

#[test]
fn every_person_has_one_row_at_the_newest_message_after_any_history_1() {
    after_any_history();
}

#[test]
fn every_person_has_one_row_at_the_newest_message_after_any_history_2() {
    after_any_history();
}

#[test]
fn every_person_has_one_row_at_the_newest_message_after_any_history_3() {
    after_any_history();
}

#[test]
fn every_person_has_one_row_at_the_newest_message_after_any_history_4() {
    after_any_history();
}

fn after_any_history() {
    for _ in 0..HISTORIES / HISTORIES_A_TABLE {
        after_any_history_of_a_table();
    }
}

/// A failure prints the shortest history that it could find.
fn after_any_history_of_a_table() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _context = runtime.enter();
    let cloud = Cloud::start();
    runtime.block_on(make_table(&cloud));
    let processes = [Process::start(&cloud), Process::start(&cloud)];
    // Nobody asks PostgreSQL: the pool connects when it is first used.
    let pool = PgPool::connect_lazy("postgres://nobody@127.0.0.1:9/none").expect("the address is well formed");
    let users = Users::new(pool);
    let config =
        Config { cases: HISTORIES_A_TABLE, max_shrink_iters: 1_000, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&history(STEPS_MAX), |history| {
        runtime.block_on(World::new(&cloud, &processes, &users, &history).run(&history))
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

/// Without its stream: the histories say themselves what comes when.
async fn make_table(cloud: &Cloud) {
    let client = cloud.wire().client();
    schema::create(&client, TABLE, Billing::OnDemand).await.expect("made");
    let off = StreamSpecification::builder().stream_enabled(false).build().expect("complete");
    client.update_table().table_name(TABLE).stream_specification(off).send().await.expect("switched off");
}
