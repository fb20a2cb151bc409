//! Rows in the images of a record: every kind is recognized, and no attribute is lost.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
use cruddur_messages::domain::message::Version;
use cruddur_messages::server::store::dynamodb::rows::{
    EarlierText, FirstSent, Head, Pair, ReadCursor, Revision, SendMarker,
};
use cruddur_messages::server::store::dynamodb::table::{Item, Key, MESSAGE_GROUP_UUID};
use cruddur_messages::server::stream::change::{Change, Row, SequenceNumber};
use serde_json::{Value, json};

use super::batch::{conversation_id, inbox_rows, message, user};
use super::projections::{Collector, Rows, read_by_lambda, read_by_reader};
use crate::support::fake_streams::Record;

/// Returns a row of a kind that this app does not know, with attributes of every type, in the JSON of DynamoDB's
/// protocol and decoded.
fn row_of_every_type() -> (Value, Item) {
    let json = json!({
        "pk": { "S": "REACTION#1" },
        "sk": { "S": "x" },
        "text": { "S": "caf\u{e9}" },
        "empty text": { "S": "" },
        "number": { "N": "-12.50" },
        "bytes": { "B": "AAH/" },
        "true": { "BOOL": true },
        "false": { "BOOL": false },
        "null": { "NULL": true },
        "texts": { "SS": ["a", "b"] },
        "numbers": { "NS": ["1", "2.5"] },
        "byte arrays": { "BS": ["AA==", "/w=="] },
        "empty list": { "L": [] },
        "empty map": { "M": {} },
        "list": { "L": [{ "S": "a" }, { "L": [{ "NULL": true }] }, { "M": { "bytes": { "B": "AAH/" } } }] },
        "map": { "M": { "texts": { "SS": ["a"] }, "map": { "M": { "list": { "L": [{ "BOOL": true }] } } } } },
    });
    let text = |text: &str| S(text.to_owned());
    let map = |name: &str, value: AttributeValue| M([(name.to_owned(), value)].into());
    let bytes = || B(Blob::new([0, 1, 255]));
    let deep = map("list", L(vec![Bool(true)]));
    let map_of_two = M([("texts".to_owned(), Ss(vec!["a".to_owned()])), ("map".to_owned(), deep)].into());
    let attributes = [
        ("pk", text("REACTION#1")),
        ("sk", text("x")),
        ("text", text("caf\u{e9}")),
        ("empty text", text("")),
        ("number", N("-12.50".to_owned())),
        ("bytes", bytes()),
        ("true", Bool(true)),
        ("false", Bool(false)),
        ("null", Null(true)),
        ("texts", Ss(vec!["a".to_owned(), "b".to_owned()])),
        ("numbers", Ns(vec!["1".to_owned(), "2.5".to_owned()])),
        ("byte arrays", Bs(vec![Blob::new([0]), Blob::new([255])])),
        ("empty list", L(Vec::new())),
        ("empty map", M([].into())),
        ("list", L(vec![text("a"), L(vec![Null(true)]), map("bytes", bytes())])),
        ("map", map_of_two),
    ];
    (json, attributes.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Returns records that create, change and delete a row with attributes of every type, and the rows of the changes.
fn records_of_every_type() -> (Vec<Record>, [Rows; 3]) {
    let (json, item) = row_of_every_type();
    let (mut changed_json, mut changed_item) = (json.clone(), item.clone());
    changed_json["number"] = json!({ "N": "13" });
    changed_item.insert("number".to_owned(), N("13".to_owned()));
    let records = [(None, Some(&json)), (Some(&json), Some(&changed_json)), (Some(&changed_json), None)];
    let rows = [(None, Some(&item)), (Some(&item), Some(&changed_item)), (Some(&changed_item), None)];
    let row = |item: Option<&Item>| item.cloned().map(Row::Other);
    (
        records.map(|(old, new)| Record { old: old.cloned(), new: new.cloned() }).into(),
        rows.map(|(old, new)| (row(old), row(new))),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_of_every_type_survive_the_streams_api() {
    let (records, rows) = records_of_every_type();
    assert_eq!(read_by_reader(records).await, rows);
}

#[tokio::test]
async fn attributes_of_every_type_survive_a_lambda_event() {
    let (records, rows) = records_of_every_type();
    let collector = Collector::default();
    assert_eq!(read_by_lambda(&[collector.boxed()], &records).await, Vec::<String>::new());
    assert_eq!(collector.rows(), rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_of_a_type_that_the_sdk_does_not_know_costs_only_itself() {
    let (mut json, item) = row_of_every_type();
    json["of tomorrow"] = json!({ "VECTOR": ["1", "2"] });
    json["list of tomorrow"] = json!({ "L": [{ "S": "a" }, { "M": { "deep": { "VECTOR": [] } } }] });
    let next = Record::from(message(conversation_id(1), 2, 2).item());
    let rows = read_by_reader(vec![Record { old: None, new: Some(json) }, next]).await;
    assert_eq!(rows[0], (None, Some(Row::Other(item))));
    assert!(matches!(rows[1], (None, Some(Row::Message(_)))), "{rows:?}");
}

#[test]
fn every_kind_of_row_is_recognized() {
    let (conversation, ana, ben) = (conversation_id(1), user("ana"), user("ben"));
    let message = message(conversation, 2, 2);
    let head = Head::direct([ana.id, ben.id], 2, message.at.clone()).expect("two members");
    let cursor = ReadCursor::new_item(ana.id, conversation, 2, &message.at);
    let (pair, members) = (Pair { conversation }, [ana.id.min(ben.id), ana.id.max(ben.id)]);
    let marker = SendMarker { at: message.at.clone(), first_sent: Some(FirstSent::new(&message)) };
    let revision = Revision { conversation, rev: 3, message: message.id, at: message.at.clone() };
    let version = Version { body: "before".to_owned(), written_at: message.at.sent_at() };
    let text = EarlierText { conversation, message: message.id, edits: 0, version };
    let [inbox, _] = inbox_rows(&message);
    let is_inbox_row = |row: &Row| matches!(row, Row::Inbox(row) if row.owner == ana.id && row.seq == 2);
    assert!(is_inbox_row(&Row::from_item(inbox.clone())));
    for (item, row) in [
        (message.item(), Row::Message(message.clone())),
        (head.item(conversation), Row::Head(conversation, head)),
        (cursor.clone(), Row::ReadCursor(ana.id, conversation, ReadCursor::from_item(&cursor))),
        (SendMarker::item(&message, 1), Row::SendMarker(conversation, message.id, marker)),
        (pair.item(ana.id, ben.id), Row::Pair(members, pair)),
        (revision.item(1), Row::Revision(revision)),
        (text.item(), Row::EarlierText(text)),
        (Key::Migrated.item(), Row::Other(Key::Migrated.item())),
    ] {
        assert_eq!(Row::from_item(item), row);
    }
}

#[test]
fn a_row_without_an_attribute_that_its_kind_needs_is_kept_as_it_is() {
    let (conversation, ana, ben) = (conversation_id(1), user("ana"), user("ben"));
    let message = message(conversation, 2, 2);
    let [mut inbox, _] = inbox_rows(&message);
    inbox.remove(MESSAGE_GROUP_UUID);
    let keys = [Key::Head(conversation), Key::SendMarker(conversation, message.id), Key::Pair(ana.id, ben.id)];
    let mut message = message.item();
    message.remove("user_uuid");
    for item in keys.iter().map(Key::item).chain([message, inbox, Item::new()]) {
        assert_eq!(Row::from_item(item.clone()), Row::Other(item));
    }
}

#[test]
fn a_row_that_expires_has_only_an_old_image() {
    let message = message(conversation_id(1), 2, 2);
    let number = SequenceNumber("1".to_owned());
    let change = Change::new(number.clone(), Some(SendMarker::item(&message, 1)), None);
    let before = Some(Row::SendMarker(
        message.conversation,
        message.id,
        SendMarker { at: message.at.clone(), first_sent: Some(FirstSent::new(&message)) },
    ));
    assert_eq!(change, Change { sequence_number: number, before, after: None });
}
