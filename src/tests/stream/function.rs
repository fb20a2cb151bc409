//! The Lambda function's executable, run through Lambda's Runtime API.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::domain::message::Version;
use cruddur_messages::server::store::dynamodb::rows::{EarlierText, MessageRow};
use cruddur_messages::server::store::dynamodb::table::{Item, Key};
use serde_json::{Value, json};

use super::batch::{conversation_id, inbox_rows, inbox_texts, message, put};
use crate::support::dynamodb::DynamoDb;
use crate::support::fake_streams::Record;
use crate::support::items;
use crate::support::lambda::{self, Function};

/// Returns the record of a created or a deleted row in the JSON of a Lambda event.
fn record(number: &str, name: &str, view: &str, row: &Item) -> Value {
    let row = items::json(row);
    let images =
        if name == "REMOVE" { Record { old: Some(row), new: None } } else { Record { old: None, new: Some(row) } };
    lambda::record(number, view, &images)
}

const NOTHING_FAILED: &str = r#"{"batchItemFailures":[]}"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_function_moves_the_rows_of_every_conversation_in_its_batch() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    let mut function = Function::start(dynamodb.endpoint()).await;
    for (number, view) in [(1, "NEW_IMAGE"), (2, "NEW_AND_OLD_IMAGES")] {
        let other = number + 10;
        for conversation in [number, other] {
            put(&table, inbox_rows(&message(conversation_id(conversation), 1, 0))).await;
        }
        let first = message(conversation_id(number), 2, 2);
        let mut old = message(conversation_id(other), 0, 3).item();
        old.remove("seq");
        let mut bytes = first.item();
        bytes.insert("members".to_owned(), AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]));
        let [inbox, _] = inbox_rows(&first);
        let records = [
            record("100000000000000000001", "REMOVE", view, &inbox),
            record("100000000000000000002", "INSERT", view, &inbox),
            record("100000000000000000003", "INSERT", view, &bytes),
            record("100000000000000000004", "REMOVE", view, &message(conversation_id(number), 9, 9).item()),
            record("100000000000000000005", "INSERT", view, &old),
        ];
        let (kind, answer) = function.invoke(json!({ "Records": records })).await;
        assert_eq!((&*kind, &*answer.to_string()), ("response", NOTHING_FAILED));
        assert_eq!(inbox_texts(&table, conversation_id(number)).await, [&*first.body, &*first.body], "{view}");
        let old = message(conversation_id(other), 0, 3).body;
        assert_eq!(inbox_texts(&table, conversation_id(other)).await, [&*old, &*old], "{view}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_updates_previews_and_removes_the_texts_of_deleted_messages_in_any_order() {
    let dynamodb = DynamoDb::start().await;
    let table = dynamodb.table().await;
    let mut function = Function::start(dynamodb.endpoint()).await;
    for (number, order) in [(1, &[0, 1, 2][..]), (2, &[2, 1, 0, 1]), (3, &[2]), (4, &[1, 0])] {
        let sent = message(conversation_id(number), 2, 2);
        let edited = MessageRow { body: "edited".to_owned(), edits: 1, changed: 1, ..sent.clone() };
        let deleted_at = Some(edited.at.sent_at());
        let deleted = MessageRow { body: String::new(), edits: 0, changed: 2, deleted_at, ..edited.clone() };
        let version = Version { body: sent.body.clone(), written_at: sent.at.sent_at() };
        let text = EarlierText { conversation: sent.conversation, message: sent.id, edits: 0, version };
        let states = [sent, edited, deleted];
        let newest = order.iter().map(|state| &states[*state]).max_by_key(|row| row.changed).expect("a record");
        put(&table, inbox_rows(&states[0])).await;
        put(&table, [newest.item(), text.item()]).await;
        let image = |state: usize| Some(items::json(&states[state].item()));
        let records = order.iter().enumerate().map(|(at, state)| {
            let images = Record { old: state.checked_sub(1).and_then(image), new: image(*state) };
            lambda::record(&format!("{}", at + 1), "NEW_AND_OLD_IMAGES", &images)
        });
        let (kind, answer) = function.invoke(json!({ "Records": Vec::from_iter(records) })).await;
        assert_eq!((&*kind, &*answer.to_string()), ("response", NOTHING_FAILED), "{order:?}");
        let texts = inbox_texts(&table, conversation_id(number)).await;
        assert_eq!(texts, [&*newest.body, &*newest.body], "{order:?}");
        let key = Key::EarlierText(newest.conversation, newest.id, 0);
        let is_there = table.get(&key).await.expect("an answer").is_some();
        assert_eq!(is_there, newest.deleted_at.is_none(), "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_returns_the_lowest_sequence_number_that_failed() {
    let mut function = Function::start("http://127.0.0.1:1").await;
    let row = |conversation, seq| message(conversation_id(conversation), seq, seq as i64).item();
    let records = [
        record("100000000000000000007", "REMOVE", "NEW_IMAGE", &row(3, 1)),
        record("100000000000000000009", "INSERT", "NEW_IMAGE", &row(1, 2)),
        record("100000000000000000008", "INSERT", "NEW_IMAGE", &row(2, 2)),
    ];
    let (kind, answer) = function.invoke(json!({ "Records": records })).await;
    let expected = json!({ "batchItemFailures": [{ "itemIdentifier": "100000000000000000008" }] });
    assert_eq!((&*kind, answer), ("response", expected));
    let log = function.log();
    assert!(log.contains("inbox rows not moved"), "the log says what went wrong: {log}");
    for seq in [1, 2] {
        let text = message(conversation_id(1), seq, seq as i64).body;
        assert!(!log.contains(&text), "{text} in {log}");
    }
    // The function keeps running, and a batch without messages needs no database.
    let (_, answer) = function.invoke(json!({ "Records": [records[0]] })).await;
    assert_eq!(answer.to_string(), NOTHING_FAILED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_a_stream_batch_is_an_error() {
    let mut function = Function::start("http://127.0.0.1:1").await;
    let (kind, _) = function.invoke(json!({ "Records": "none" })).await;
    assert_eq!(kind, "error");
}
