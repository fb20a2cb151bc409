//! Read cursors: how far each member has read each conversation.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::domain::conversation;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::ReadCursor;
use crate::server::store::dynamodb::table::{
    DELIVERED_AT, DELIVERED_SEQ, Item, Key, MARKED, PK, READ_AT, READ_PREFIX, SEQ, SK, SortTime, UNMARKED, text,
};
use crate::server::store::dynamodb::{Table, into_failure};

/// Advances a member's read position to `seq`, never back. Returns the cursor if it moved. One write unit.
pub(super) async fn advance_read(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    advance_to(table, &Key::ReadCursor(reader, conversation), [SEQ, READ_AT], seq).await
}

/// Like [`advance_read`], but reads the cursor first, and writes only if it is behind. One read unit, and one write unit if
/// it is.
pub(crate) async fn advance_read_if_behind(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<(), Failure> {
    if get(table, reader, conversation).await?.receipts.read < seq {
        advance_read(table, reader, conversation, seq).await?;
    }
    Ok(())
}

/// Records that messages up to `seq` have reached a page of the member, never back. Returns the cursor if it moved. One
/// write unit.
pub(super) async fn advance_delivered(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    advance_to(table, &Key::ReadCursor(reader, conversation), [DELIVERED_SEQ, DELIVERED_AT], seq).await
}

async fn advance_to(
    table: &Table,
    key: &Key,
    [seq_name, time_name]: [&str; 2],
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    let request = update_request(table, key)
        .condition_expression(format!("attribute_not_exists({seq_name}) OR {seq_name} < :seq"))
        .update_expression(format!("SET {seq_name} = :seq, {time_name} = :now"))
        .expression_attribute_values(":seq", AttributeValue::N(seq.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(SortTime::from(table.now()).as_str().to_owned()));
    send_conditionally(request, "advance a read cursor").await
}

/// Marks a conversation as unread, unless it is marked already. Returns the cursor if it changed. One write unit.
pub(super) async fn mark_unread(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
) -> Result<Option<ReadCursor>, Failure> {
    let request = update_request(table, &Key::ReadCursor(reader, conversation))
        .condition_expression(format!("attribute_not_exists({MARKED}) OR {MARKED} = {UNMARKED}"))
        .update_expression(format!("ADD {MARKED} :one"))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    send_conditionally(request, "mark a conversation as unread").await
}

/// Clears the unread mark number `marked`, and all before it. One write unit.
pub(super) async fn clear_unread_mark(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    marked: u64,
) -> Result<(), Failure> {
    let request = update_request(table, &Key::ReadCursor(reader, conversation))
        .condition_expression(format!("attribute_not_exists({UNMARKED}) OR {UNMARKED} < :marked"))
        .update_expression(format!("SET {UNMARKED} = :marked"))
        .expression_attribute_values(":marked", AttributeValue::N(marked.to_string()));
    send_conditionally(request, "clear an unread mark").await.map(drop)
}

fn update_request(table: &Table, key: &Key) -> UpdateItemFluentBuilder {
    let request = table.client().update_item().table_name(table.name()).set_key(Some(key.item()));
    request.return_values(ReturnValue::AllNew)
}

/// Sends a conditional update. Returns the cursor after it, or `None` if the condition failed.
async fn send_conditionally(
    request: UpdateItemFluentBuilder,
    operation: &'static str,
) -> Result<Option<ReadCursor>, Failure> {
    match request.send().await {
        Ok(answer) => Ok(Some(ReadCursor::from_item(&answer.attributes.unwrap_or_default()))),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Ok(None)
        }
        Err(error) => Err(into_failure(operation)(error)),
    }
}

/// Returns a member's cursor of one conversation. One read unit.
pub(super) async fn get(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
) -> Result<ReadCursor, Failure> {
    let row = table.get(&Key::ReadCursor(reader, conversation)).await?;
    Ok(row.as_ref().map(ReadCursor::from_item).unwrap_or_default())
}

/// Maximum number of cursors per batch, a limit of DynamoDB.
const BATCH_MAX: usize = 100;

/// Returns these members' cursors of one conversation, without those that do not exist. One read unit each.
pub(super) async fn of_readers(
    table: &Table,
    conversation: conversation::Id,
    readers: &[user::Id],
) -> Result<HashMap<user::Id, ReadCursor>, Failure> {
    let mut found = HashMap::new();
    for readers in readers.chunks(BATCH_MAX) {
        let keys = readers.iter().map(|reader| Key::ReadCursor(*reader, conversation).item()).collect();
        let rows = table.batch_get(keys, "read the read cursors of members").await?;
        let decode = |row| match Key::of(row)? {
            Key::ReadCursor(reader, _) => Some((reader, ReadCursor::from_item(row))),
            _ => None,
        };
        found.extend(rows.iter().filter_map(decode));
    }
    Ok(found)
}

/// Maximum number of cursors that the query reads, including those that the caller did not ask for.
const QUERY_MAX: i32 = 500;

/// Returns a member's cursors of these conversations (at most 100), without those that do not exist.
///
/// One query reads all cursors of the member, about 30 per read unit; single reads cost a unit each. If the member has
/// more than [`QUERY_MAX`], the missing ones are read by key, so that the cost has a limit.
pub(super) async fn get_many(
    table: &Table,
    reader: user::Id,
    conversations: &[conversation::Id],
) -> Result<HashMap<conversation::Id, ReadCursor>, Failure> {
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
    let answer = request.send().await.map_err(into_failure("read the read cursors"))?;
    let mut found: HashMap<_, _> = answer.items().iter().filter_map(decode).collect();
    if let Some(last) = answer.last_evaluated_key.as_ref().and_then(|last| text(last, SK)) {
        let keys = conversations.iter().map(|conversation| Key::ReadCursor(reader, *conversation));
        let beyond = keys.filter(|key| key.text().1.as_str() > last).map(|key| key.item()).collect();
        found.extend(table.batch_get(beyond, "read some read cursors").await?.iter().filter_map(decode));
    }
    Ok(found)
}

fn decode(row: &Item) -> Option<(conversation::Id, ReadCursor)> {
    match Key::of(row)? {
        Key::ReadCursor(_, conversation) => Some((conversation, ReadCursor::from_item(row))),
        _ => None,
    }
}
