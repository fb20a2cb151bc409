//! `admin ddb migrate-legacy`: migration of a table of the old app.

use std::process::Stdio;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::fixtures::{Admin, SUCCESS};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, SHAPE, Shape};
use crate::support::wait_until::wait_until;

fn person(n: u128) -> User {
    let name = format!("p{n}");
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Handle::stored(name.clone()),
        display_name: DisplayName::stored(name),
    }
}

/// A legacy table with `count` conversations. Each has keys of many time zones, and a missing or a duplicate inbox row.
async fn legacy_table(count: u128) -> (DynamoDb, Table, Admin) {
    let mut app = LegacyApp::new(1);
    for n in 1..=count {
        let inbox = if n % 2 == 0 { Inbox::Twice } else { Inbox::Lost };
        app.add_conversation(&person(0), &person(n), Shape { clocks: Clocks::World, inbox, ..SHAPE });
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

fn is_unchanged(report: &Value) -> bool {
    report["changed"].as_object().expect("counts").values().all(|count| *count == json!(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_reports_contents_and_changes_as_text_and_as_json() {
    let (dynamodb, table, admin) = legacy_table(2).await;
    let before = admin.text(&["ddb", "scan"]).await;
    let planned = admin.json(&["ddb", "migrate-legacy", "--dry-run"]).await;
    assert_eq!((&planned["dry_run"], &planned["found"]["conversations"]), (&json!(true), &json!(2)));
    let run = admin.run(&["ddb", "migrate-legacy", "--dry-run"]).await;
    assert!(run.code == SUCCESS && run.out.contains("nothing was written"), "{run:?}");
    assert_eq!(admin.text(&["ddb", "scan"]).await, before, "a dry run changes nothing");

    let run = admin.run(&["ddb", "migrate-legacy"]).await;
    assert!(run.code == SUCCESS && run.err.contains(&format!("DynamoDB at {}", dynamodb.endpoint())), "{run:?}");
    for (count, label) in [
        ("heads_made", "heads created"),
        ("keys_rewritten", "keys rewritten"),
        ("inbox_rows_made", "inbox rows recreated"),
    ] {
        let count = planned["changed"][count].as_u64().expect("a count");
        let line = run.out.lines().find(|line| line.contains(label)).expect("the count is printed");
        assert!(count > 0 && line.trim_start().starts_with(&format!("{count} ")), "as the dry run predicted: {line}");
    }
    assert_eq!(heads(&table).await.len(), 2);
    let again = admin.json(&["ddb", "migrate-legacy"]).await;
    assert!(is_unchanged(&again) && again["dry_run"] == json!(false), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_run_finishes_a_killed_migration() {
    const COUNT: u128 = 60;
    let (_dynamodb, table, admin) = legacy_table(COUNT).await;
    let messages = rows(&table).await.iter().filter(|row| matches!(Key::of(row), Some(Key::Message(..)))).count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    command.args(["ddb", "migrate-legacy"]).env_clear().envs(&admin.0).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = command.spawn().expect("the admin tool starts");
    wait_until("the migration has begun", async || !heads(&table).await.is_empty()).await;
    running.kill().await.expect("killed");
    let migrated = heads(&table).await.len() as u128;
    assert!(migrated < COUNT, "the migration was interrupted");
    assert!(table.get(&Key::Migrated).await.expect("a response").is_none(), "the table is not marked as migrated");

    let report = admin.json(&["ddb", "migrate-legacy"]).await;
    assert_eq!(report["changed"]["heads_made"], json!(COUNT - migrated));
    assert_eq!(report["found"]["messages"], json!(messages), "no message is lost");
    assert!(table.get(&Key::Migrated).await.expect("a response").is_some());
    assert!(is_unchanged(&admin.json(&["ddb", "migrate-legacy"]).await));
}
