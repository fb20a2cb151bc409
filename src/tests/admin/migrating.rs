//! `admin ddb migrate-legacy`: migration of a table of the old app.

use std::process::Stdio;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndex, GlobalSecondaryIndexUpdate,
    KeySchemaElement, KeyType, Projection, ProjectionType, ProvisionedThroughput, ScalarAttributeType,
    StreamSpecification, StreamViewType,
};
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::user::{self, DisplayName, Handle, User};
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::missing_parts::{Part, missing_parts, warn_of_missing_parts};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::fixtures::{Admin, SUCCESS};
use crate::support::admin_code::schema;
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::legacy_app::{Clocks, Inbox, LegacyApp, SHAPE, Shape};
use crate::support::log::Log;
use crate::support::postgres::Database;
use crate::support::wait_until::wait_until;

fn person(n: u128) -> User {
    let name = format!("p{n}");
    User {
        id: user::Id(Uuid::from_u128(n)),
        handle: Some(Handle::stored(name.clone())),
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
    let ((dynamodb, table, admin), database) = (legacy_table(2).await, Database::fresh().await);
    let admin = admin.on_database(&database.url);
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

/// Creates a table as the script of the old app does: without a stream and without a time to live.
async fn table_of_the_old_script(dynamodb: &DynamoDb) -> Table {
    let text = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        definition.build().expect("complete")
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete");
    let capacity = ProvisionedThroughput::builder().read_capacity_units(5).write_capacity_units(5);
    let capacity = capacity.build().expect("complete");
    let index = GlobalSecondaryIndex::builder()
        .index_name("message-group-sk-index")
        .key_schema(key("message_group_uuid", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .provisioned_throughput(capacity.clone());
    let request = dynamodb.client().create_table().table_name(TABLE).provisioned_throughput(capacity);
    let request = request.set_attribute_definitions(Some(["message_group_uuid", "pk", "sk"].map(text).to_vec()));
    let request = request.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    request.global_secondary_indexes(index.build().expect("complete")).send().await.expect("created");
    Table::new(dynamodb.client(), TABLE)
}

async fn view_type(dynamodb: &DynamoDb) -> Option<StreamViewType> {
    let described = dynamodb.client().describe_table().table_name(TABLE).send().await.expect("an answer");
    described.table?.stream_specification?.stream_view_type
}

async fn expiry(dynamodb: &DynamoDb) -> Option<String> {
    let answer = dynamodb.client().describe_time_to_live().table_name(TABLE).send().await.expect("an answer");
    answer.time_to_live_description?.attribute_name
}

// F22
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_adds_the_stream_and_the_time_to_live_to_a_table_of_the_old_script() {
    let dynamodb = DynamoDb::start().await;
    table_of_the_old_script(&dynamodb).await;
    let admin = Admin::new().on_dynamodb(&dynamodb);
    let parts = json!(["stream", "time_to_live"]);
    assert_eq!(admin.json(&["ddb", "migrate-legacy", "--dry-run"]).await["parts_added"], parts);
    assert_eq!((view_type(&dynamodb).await, expiry(&dynamodb).await), (None, None), "a dry run changes nothing");

    let run = admin.run(&["ddb", "adopt"]).await;
    assert!(run.code == SUCCESS && run.out.contains("stream added to the table"), "{run:?}");
    let set_up = (Some(StreamViewType::NewAndOldImages), Some("expires_at".to_owned()));
    assert_eq!((view_type(&dynamodb).await, expiry(&dynamodb).await), set_up);
    assert_eq!(admin.json(&["ddb", "migrate-legacy"]).await["parts_added"], json!([]));
}

// F22
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_used_is_named_and_that_of_the_old_app_is_kept() {
    for (view, is_usable) in [(StreamViewType::KeysOnly, false), (StreamViewType::NewImage, true)] {
        let dynamodb = DynamoDb::start().await;
        let table = table_of_the_old_script(&dynamodb).await;
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view.clone());
        let request =
            table.client().update_table().table_name(TABLE).stream_specification(stream.build().expect("one"));
        request.send().await.expect("enabled");
        let run = Admin::new().on_dynamodb(&dynamodb).run(&["ddb", "migrate-legacy"]).await;
        assert_eq!((run.code == SUCCESS, run.err.contains("has no new images")), (is_usable, !is_usable), "{run:?}");
        assert_eq!(view_type(&dynamodb).await, Some(view));
    }
}

// F22
#[tokio::test]
async fn a_server_warns_of_the_parts_that_its_table_lacks() {
    let dynamodb = DynamoDb::start().await;
    let table = table_of_the_old_script(&dynamodb).await;
    let (log, _guard) = Log::capture();
    warn_of_missing_parts(table.clone()).await;
    let text = log.text();
    let warnings: Vec<_> = text.lines().filter(|line| line.contains("table_incomplete")).collect();
    let [one, other] = &warnings[..] else { panic!("{text}") };
    assert!(
        one.contains("WARN") && one.contains("missing=stream") && one.contains("admin ddb migrate-legacy"),
        "{one}"
    );
    assert!(other.contains("missing=time to live"), "{other}");

    for part in missing_parts(&table).await.expect("a response") {
        schema::add(table.client(), TABLE, part).await.expect("added");
    }
    let before = log.text().matches("table_incomplete").count();
    warn_of_missing_parts(table).await;
    assert_eq!(log.text().matches("table_incomplete").count(), before, "a complete table");
    // Without the permission the server starts all the same.
    warn_of_missing_parts(Table::new(dynamodb.client(), "another")).await;
    assert!(log.text().contains("parts of the table not checked"));
}

// F22
#[tokio::test(flavor = "multi_thread")]
async fn the_parts_that_a_table_lacks_are_known() {
    let dynamodb = DynamoDb::start().await;
    let table = table_of_the_old_script(&dynamodb).await;
    assert_eq!(missing_parts(&table).await.expect("a response"), [Part::Stream, Part::TimeToLive].into());
    schema::add(table.client(), TABLE, Part::Stream).await.expect("added");
    assert_eq!(missing_parts(&table).await.expect("a response"), [Part::TimeToLive].into());
    schema::add(table.client(), TABLE, Part::TimeToLive).await.expect("added");
    let index = DeleteGlobalSecondaryIndexAction::builder().index_name("message-group-sk-index");
    let update = GlobalSecondaryIndexUpdate::builder().delete(index.build().expect("complete")).build();
    let request = table.client().update_table().table_name(TABLE).global_secondary_index_updates(update);
    request.send().await.expect("deleted");
    assert_eq!(missing_parts(&table).await.expect("a response"), [Part::Index].into());
    schema::add(table.client(), TABLE, Part::Index).await.expect("added");
    assert_eq!(missing_parts(&table).await.expect("a response"), [].into());
}
