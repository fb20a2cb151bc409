//! How far people have read, in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::server::respond::Failure;
use crate::server::store::dynamodb::{Table, failed};
use crate::server::store::rows;
use crate::server::store::table::{Item, Key, PK, READ_AT, READ_PREFIX, SEQ, SK, SortTime};
use crate::server::store::tries::Tries;
use crate::{conversation, user};

/// Moves a person's read cursor on to `seq`, never back. One write unit.
pub(super) async fn advance(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    let request = table
        .client()
        .update_item()
        .table_name(table.name())
        .set_key(Some(Key::Read(reader, conversation).item()))
        .condition_expression(format!("attribute_not_exists({SEQ}) OR {SEQ} < :seq"))
        .update_expression(format!("SET {SEQ} = :seq, {READ_AT} = :now"))
        .expression_attribute_values(":seq", AttributeValue::N(seq.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(SortTime::from(table.now()).as_str().to_owned()));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Ok(())
        }
        Err(error) => Err(failed("move a read cursor")(error)),
    }
}

/// How far a person has read in one conversation; 0 where they never did. One read unit.
pub(super) async fn up_to(table: &Table, reader: user::Id, conversation: conversation::Id) -> Result<u64, Failure> {
    let row = table.get(&Key::Read(reader, conversation)).await?;
    Ok(row.and_then(|row| rows::number(&row, SEQ)).unwrap_or(0))
}

/// The most cursors that are read whether they are wanted or not.
const QUERY_MAX: i32 = 500;

/// How far a person has read in each of these conversations (100 at most); those never read are left out.
///
/// One query reads all the person's cursors at a read unit for 30 of them, where one by one they cost a unit each. Who
/// has more than [`QUERY_MAX`] gets the rest of what is wanted one by one, so that the cost has a limit.
pub(super) async fn of(
    table: &Table,
    reader: user::Id,
    conversations: &[conversation::Id],
) -> Result<HashMap<conversation::Id, u64>, Failure> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .consistent_read(true)
        .key_condition_expression(format!("{PK} = :inbox AND begins_with({SK}, :read)"))
        .expression_attribute_values(":inbox", AttributeValue::S(Key::inbox(reader)))
        .expression_attribute_values(":read", AttributeValue::S(READ_PREFIX.to_owned()))
        .limit(QUERY_MAX);
    let answer = request.send().await.map_err(failed("read the read cursors"))?;
    let mut found: HashMap<_, _> = answer.items().iter().filter_map(place).collect();
    if let Some(last) = answer.last_evaluated_key.as_ref().and_then(|last| rows::text(last, SK)) {
        let keys = conversations.iter().map(|conversation| Key::Read(reader, *conversation));
        let beyond = keys.filter(|key| key.text().1.as_str() > last).map(|key| key.item()).collect();
        found.extend(one_by_one(table, beyond).await?);
    }
    Ok(found)
}

async fn one_by_one(table: &Table, mut wanted: Vec<Item>) -> Result<Vec<(conversation::Id, u64)>, Failure> {
    let mut found = Vec::new();
    let mut tries = Tries::default();
    while !wanted.is_empty() {
        let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build()?;
        let request = table.client().batch_get_item().request_items(table.name(), keys);
        let answer = request.send().await.map_err(failed("read some read cursors"))?;
        found.extend(answer.responses.iter().flatten().flat_map(|(_, rows)| rows).filter_map(place));
        // DynamoDB leaves out what it has no capacity for, and says so.
        wanted = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
        if !wanted.is_empty() {
            tries.wait("read some read cursors").await?;
        }
    }
    Ok(found)
}

fn place(row: &Item) -> Option<(conversation::Id, u64)> {
    match Key::of(row)? {
        Key::Read(_, conversation) => Some((conversation, rows::number(row, SEQ)?)),
        _ => None,
    }
}
