//! Rows in the JSON of DynamoDB's protocol, read and written without the SDK: for tests that read rows hundreds of
//! thousands of times.

use aws_sdk_dynamodb::types::AttributeValue;
use cruddur_messages::server::store::dynamodb::table::Item;
use dynoxide::Database;
use serde_json::{Map, Value, json};

/// Encodes a row as JSON.
pub(crate) fn json(row: &Item) -> Value {
    let attribute = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        other => panic!("no row of ours has {other:?}"),
    };
    row.iter().map(|(name, value)| (name.clone(), attribute(value))).collect::<Map<_, _>>().into()
}

/// Decodes a row from JSON.
pub(crate) fn item(row: &Value) -> Item {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let attribute = |value: &Value| match value.as_object().and_then(|value| value.iter().next()) {
        Some((kind, value)) if kind == "S" => AttributeValue::S(text(value)),
        Some((kind, value)) if kind == "N" => AttributeValue::N(text(value)),
        Some((kind, value)) if kind == "SS" => {
            AttributeValue::Ss(value.as_array().into_iter().flatten().map(text).collect())
        }
        other => panic!("no row of ours has {other:?}"),
    };
    row.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect()
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
