//! Rows in the JSON of DynamoDB's protocol, read and written without the SDK: for tests that read rows hundreds of
//! thousands of times.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::server::store::dynamodb::table::Item;
use dynoxide::Database;
use serde_json::{Map, Value, json};

/// Encodes a row as JSON.
pub(crate) fn json(row: &Item) -> Value {
    row.iter().map(|(name, value)| (name.clone(), json_of_attribute(value))).collect::<Map<_, _>>().into()
}

fn json_of_attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::M(values) => json!({ "M": json(values) }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(json_of_attribute).collect::<Vec<_>>() }),
        other => panic!("no row of ours has {other:?}"),
    }
}

/// Decodes a row from JSON.
pub(crate) fn item(row: &Value) -> Item {
    row.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), attribute_of(value))).collect()
}

fn attribute_of(value: &Value) -> AttributeValue {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match value.as_object().and_then(|value| value.iter().next()) {
        Some((kind, value)) if kind == "S" => AttributeValue::S(text(value)),
        Some((kind, value)) if kind == "N" => AttributeValue::N(text(value)),
        Some((kind, value)) if kind == "BOOL" => AttributeValue::Bool(value == &Value::Bool(true)),
        Some((kind, value)) if kind == "SS" => AttributeValue::Ss(list(value).iter().map(text).collect()),
        Some((kind, value)) if kind == "L" => AttributeValue::L(list(value).iter().map(attribute_of).collect()),
        Some((kind, value)) if kind == "M" => AttributeValue::M(item(value)),
        other => panic!("no row of ours has {other:?}"),
    }
}

/// Returns all rows of a partition, ordered by sort key.
pub(crate) fn partition(database: &Database, table: &str, pk: &str) -> Vec<Item> {
    let request = json!({
        "TableName": table,
        "ConsistentRead": true,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": pk } },
    });
    let request = serde_json::from_value(request).expect("a query");
    let answer = serde_json::to_value(database.query(request).expect("an answer")).expect("JSON");
    answer["Items"].as_array().into_iter().flatten().map(item).collect()
}

/// Writes a row as it is.
pub(crate) fn put(database: &Database, table: &str, row: &Value) {
    let request = json!({ "TableName": table, "Item": row });
    database.put_item(serde_json::from_value(request).expect("a request")).expect("put");
}
