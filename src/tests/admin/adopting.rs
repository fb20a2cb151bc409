//! `admin ddb adopt`: a table of the old app is brought up to date, by a person and by a program.

use std::process::Stdio;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::{Admin, DONE};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::old_app::{Clocks, Inbox, OldApp, SHAPE, Shape};
use crate::support::until::until;

fn person(n: u128) -> User {
    let name = format!("p{n}");
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Handle::stored(name.clone()),
        display_name: DisplayName::stored(name),
    }
}

/// A table with `count` conversations that clocks of the whole world wrote, and with two of their rows to be mended.
async fn old_table(count: u128) -> (DynamoDb, Table, Admin) {
    let mut app = OldApp::new(1);
    for n in 1..=count {
        let inbox = if n % 2 == 0 { Inbox::Twice } else { Inbox::Lost };
        app.talk(&person(0), &person(n), Shape { clocks: Clocks::World, inbox, ..SHAPE });
    }
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    app.write_to(&table).await;
    let admin = Admin::new().on_dynamodb(&dynamodb);
    (dynamodb, table, admin)
}

async fn rows(table: &Table) -> Vec<Item> {
    let scan = table.client().scan().table_name(TABLE).consistent_read(true).into_paginator().items().send();
    scan.try_collect().await.expect("a scan")
}

async fn heads(table: &Table) -> Vec<conversation::Id> {
    let head = |row: &Item| match Key::of(row)? {
        Key::Head(conversation) => Some(conversation),
        _ => None,
    };
    rows(table).await.iter().filter_map(head).collect()
}

fn nothing(report: &Value) -> bool {
    report["changed"].as_object().expect("counts").values().all(|count| *count == json!(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn adopting_says_what_it_found_and_changed_to_people_and_programs() {
    let (dynamodb, table, admin) = old_table(2).await;
    let before = admin.text(&["ddb", "scan"]).await;
    let would = admin.json(&["ddb", "adopt", "--dry-run"]).await;
    assert_eq!((&would["dry_run"], &would["found"]["conversations"]), (&json!(true), &json!(2)));
    let run = admin.run(&["ddb", "adopt", "--dry-run"]).await;
    assert!(run.code == DONE && run.out.contains("nothing has been"), "{run:?}");
    assert_eq!(admin.text(&["ddb", "scan"]).await, before, "a dry run changes nothing");

    let run = admin.run(&["ddb", "adopt"]).await;
    assert!(run.code == DONE && run.err.contains(&format!("DynamoDB at {}", dynamodb.endpoint())), "{run:?}");
    for (count, what) in
        [("heads_made", "get a head"), ("keys_rewritten", "get a key"), ("inbox_rows_made", "made again")]
    {
        let count = would["changed"][count].as_u64().expect("a count");
        let line = run.out.lines().find(|line| line.contains(what)).expect("it is told");
        assert!(count > 0 && line.trim_start().starts_with(&format!("{count} ")), "as was said before: {line}");
    }
    assert_eq!(heads(&table).await.len(), 2);
    let again = admin.json(&["ddb", "adopt"]).await;
    assert!(nothing(&again) && again["dry_run"] == json!(false), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn adopting_that_is_killed_is_finished_by_the_next_run() {
    const COUNT: u128 = 60;
    let (_dynamodb, table, admin) = old_table(COUNT).await;
    let messages = rows(&table).await.iter().filter(|row| matches!(Key::of(row), Some(Key::Message(..)))).count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    command.args(["ddb", "adopt"]).env_clear().envs(&admin.0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().expect("the admin tool starts");
    until("it has begun", async || !heads(&table).await.is_empty()).await;
    running.kill().await.expect("killed");
    let made = heads(&table).await.len() as u128;
    assert!(made < COUNT, "it was in the middle");
    assert!(table.get(&Key::Adopted).await.expect("an answer").is_none(), "and knows it");

    let report = admin.json(&["ddb", "adopt"]).await;
    assert_eq!(report["changed"]["heads_made"], json!(COUNT - made));
    assert_eq!(report["found"]["messages"], json!(messages), "none is lost");
    assert!(table.get(&Key::Adopted).await.expect("an answer").is_some());
    assert!(nothing(&admin.json(&["ddb", "adopt"]).await));
}
