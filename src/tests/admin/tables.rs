//! `admin ddb`: the table and its rows.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, BillingMode, PutRequest, TableDescription, WriteRequest};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fixtures::{Admin, FAILED};
use crate::support::dynamodb::{DynamoDb, TABLE};
use crate::support::postgres::Database;

async fn described(dynamodb: &DynamoDb, table: &str) -> TableDescription {
    dynamodb.client().describe_table().table_name(table).send().await.expect("an answer").table.expect("a table")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_created_listed_and_dropped_and_every_step_can_be_repeated() {
    let dynamodb = DynamoDb::start().await;
    let admin = Admin::new().on_dynamodb(&dynamodb);
    assert_eq!(admin.json(&["ddb", "list-tables"]).await, json!([]));
    for created in [true, false] {
        assert_eq!(admin.json(&["ddb", "schema-load"]).await, json!({ "table": TABLE, "created": created }));
    }
    let capacity = described(&dynamodb, TABLE).await.provisioned_throughput.expect("a capacity");
    assert_eq!((capacity.read_capacity_units, capacity.write_capacity_units), (Some(5), Some(5)));
    assert_eq!(admin.text(&["ddb", "list-tables"]).await, format!("{TABLE}\n"));
    for dropped in [true, false] {
        assert_eq!(admin.json(&["ddb", "drop", "--yes"]).await, json!({ "table": TABLE, "dropped": dropped }));
    }
    assert_eq!(admin.text(&["ddb", "list-tables"]).await, "");
    assert_eq!(admin.text(&["ddb", "schema-load"]).await, format!("created table {TABLE}\n"));
    assert!(admin.text(&["ddb", "schema-load"]).await.contains("already exists"));
    assert_eq!(admin.text(&["ddb", "drop", "--yes"]).await, format!("dropped table {TABLE}\n"));
    assert_eq!(admin.text(&["ddb", "drop", "--yes"]).await, format!("table {TABLE} does not exist\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_created_with_the_given_billing() {
    let dynamodb = DynamoDb::start().await;
    let admin = Admin::new().on_dynamodb(&dynamodb);
    let provisioned = ["--billing", "provisioned", "--read-capacity", "7", "--write-capacity", "9"];
    admin.json(&[&["ddb", "schema-load", "--table", "seven"], &provisioned[..]].concat()).await;
    let capacity = described(&dynamodb, "seven").await.provisioned_throughput.expect("a capacity");
    assert_eq!((capacity.read_capacity_units, capacity.write_capacity_units), (Some(7), Some(9)));
    admin.json(&["ddb", "schema-load", "--table", "demand", "--billing", "on-demand"]).await;
    let summary = described(&dynamodb, "demand").await.billing_mode_summary.expect("a summary");
    assert_eq!(summary.billing_mode, Some(BillingMode::PayPerRequest));
    assert_eq!(admin.json(&["ddb", "list-tables"]).await, json!(["demand", "seven"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seed_spans_the_past_three_weeks_and_seeding_twice_changes_nothing() {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    dynamodb.table().await;
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb);
    let run = admin.run(&["ddb", "seed"]).await;
    assert!(run.code == FAILED && run.err.contains("`admin db seed`"), "{run:?}");
    admin.json(&["db", "seed"]).await;

    let seeded = admin.json(&["ddb", "seed"]).await;
    assert_eq!(seeded, json!({ "messages": 38, "written": true }));
    let first = rows(&admin).await;
    assert_eq!(admin.json(&["ddb", "seed"]).await, json!({ "messages": 38, "written": false }));
    assert_eq!(admin.text(&["ddb", "seed"]).await, "Ana Almeida and Ben Okafor already have 38 messages\n");
    assert_eq!(rows(&admin).await, first, "the second run changes nothing");

    let messages = first.values().filter(|row| row["message_uuid"].is_string());
    let times: BTreeSet<_> = messages.map(|row| row["sk"].as_str().expect("a time").to_owned()).collect();
    let at = |time: Option<&String>| OffsetDateTime::parse(time.expect("messages"), &Rfc3339).expect("a time");
    let (oldest, newest, now) = (at(times.first()), at(times.last()), OffsetDateTime::now_utc());
    assert!(times.len() == 38 && (now - oldest).whole_days() >= 20, "from {oldest} on");
    assert!(newest < now, "{newest} is in the past");
}

/// Returns every row by its key.
async fn rows(admin: &Admin) -> BTreeMap<String, Value> {
    let text = admin.text(&["ddb", "scan", "--json"]).await;
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a document a line"));
    rows.map(|row| (format!("{} {}", row["pk"], row["sk"]), row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_prints_every_row_of_every_page_up_to_the_limit() {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    dynamodb.table().await;
    let row = |number: usize| {
        let text = |text: String| AttributeValue::S(text);
        let put = PutRequest::builder()
            .item("pk", text(format!("row {number:04}")))
            .item("sk", text("0".to_owned()))
            .item("message", text("two\nlines".to_owned()));
        WriteRequest::builder().put_request(put.build().expect("a row")).build()
    };
    // Together with the row that every new table has, more than two pages of the tool.
    for some in (0..1024).map(row).collect::<Vec<_>>().chunks(25) {
        let request = dynamodb.client().batch_write_item().request_items(TABLE, some.to_vec());
        assert!(request.send().await.expect("rows").unprocessed_items.unwrap_or_default().is_empty());
    }
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb);
    let text = admin.text(&["ddb", "scan"]).await;
    let keys: BTreeSet<_> = text.lines().map(|line| &line[..10]).collect();
    assert_eq!((text.lines().count(), keys.len()), (1025, 1025), "each row is one line");
    assert!(text.starts_with('"') && text.contains(r#"{"message":"two\nlines"}"#), "{}", &text[..100]);
    assert_eq!(rows(&admin).await.len(), 1025);
    for limit in [1, 499, 500, 501, 1025, 2000] {
        let text = admin.text(&["ddb", "scan", "--json", "--limit", &limit.to_string()]).await;
        assert_eq!(text.lines().count(), limit.min(1025));
    }
    let recorded = "select count(*) from audit_log where event = 'admin_scan' and route = 'admin ddb scan'";
    assert_eq!(database.number(recorded).await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_table_is_reported_with_a_remedy() {
    let (database, dynamodb) = (Database::fresh().await, DynamoDb::start().await);
    let admin = Admin::new().on_database(&database.url).on_dynamodb(&dynamodb);
    admin.json(&["db", "seed"]).await;
    for command in
        [&["ddb", "scan"][..], &["ddb", "seed"], &["ddb", "list-conversations", "ana"], &["ddb", "migrate-legacy"]]
    {
        let run = admin.run(command).await;
        assert!(run.code == FAILED && run.err.contains("`admin ddb schema-load`"), "{run:?}");
    }
    let run = admin.with("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1").run(&["ddb", "list-tables"]).await;
    assert!(run.code == FAILED && run.err.contains("is it running?"), "{run:?}");
}
