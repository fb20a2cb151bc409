//! How far people have read, in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::domain::conversation;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{self, ReadCursor};
use crate::server::store::dynamodb::table::{
    DELIVERED_AT, DELIVERED_SEQ, Item, Key, MARKED, PK, READ_AT, READ_PREFIX, SEQ, SK, SortTime, UNMARKED,
};
use crate::server::store::dynamodb::{Table, failed};

/// Moves a person's read cursor on to `seq`, never back. Answers with the cursor if it moved. One write unit.
pub(super) async fn advance(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    raise(table, &Key::Read(reader, conversation), [SEQ, READ_AT], seq).await
}

/// Remembers that what is up to `seq` has reached a page of the person. Never goes back; answers with the cursor if that
/// is new. One write unit.
pub(super) async fn deliver(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    raise(table, &Key::Read(reader, conversation), [DELIVERED_SEQ, DELIVERED_AT], seq).await
}

async fn raise(table: &Table, key: &Key, [place, since]: [&str; 2], seq: u64) -> Result<Option<ReadCursor>, Failure> {
    let request = change(table, key)
        .condition_expression(format!("attribute_not_exists({place}) OR {place} < :seq"))
        .update_expression(format!("SET {place} = :seq, {since} = :now"))
        .expression_attribute_values(":seq", AttributeValue::N(seq.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(SortTime::from(table.now()).as_str().to_owned()));
    changed(request, "move a read cursor").await
}

/// Marks a conversation as unread, unless it is. Answers with the cursor if it was not. One write unit.
pub(super) async fn mark(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
) -> Result<Option<ReadCursor>, Failure> {
    let request = change(table, &Key::Read(reader, conversation))
        .condition_expression(format!("attribute_not_exists({MARKED}) OR {MARKED} = {UNMARKED}"))
        .update_expression(format!("ADD {MARKED} :one"))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    changed(request, "mark a conversation as unread").await
}

/// Takes back the mark that `marked` counts, and those before it. One write unit.
pub(super) async fn unmark(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    marked: u64,
) -> Result<(), Failure> {
    let request = change(table, &Key::Read(reader, conversation))
        .condition_expression(format!("attribute_not_exists({UNMARKED}) OR {UNMARKED} < :marked"))
        .update_expression(format!("SET {UNMARKED} = :marked"))
        .expression_attribute_values(":marked", AttributeValue::N(marked.to_string()));
    changed(request, "take back that a conversation is unread").await.map(drop)
}

fn change(table: &Table, key: &Key) -> UpdateItemFluentBuilder {
    let request = table.client().update_item().table_name(table.name()).set_key(Some(key.item()));
    request.return_values(ReturnValue::AllNew)
}

/// The cursor as it now is; none where the condition did not hold.
async fn changed(request: UpdateItemFluentBuilder, doing: &'static str) -> Result<Option<ReadCursor>, Failure> {
    match request.send().await {
        Ok(answer) => Ok(Some(ReadCursor::read(&answer.attributes.unwrap_or_default()))),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            Ok(None)
        }
        Err(error) => Err(failed(doing)(error)),
    }
}

/// How far a person has got in one conversation. One read unit.
pub(super) async fn cursor(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
) -> Result<ReadCursor, Failure> {
    let row = table.get(&Key::Read(reader, conversation)).await?;
    Ok(row.as_ref().map(ReadCursor::read).unwrap_or_default())
}

/// The most cursors that are read whether they are wanted or not.
const QUERY_MAX: i32 = 500;

/// How far a person has got in each of these conversations (100 at most); those without a cursor are left out.
///
/// One query reads all the person's cursors at a read unit for 30 of them, where one by one they cost a unit each. Who
/// has more than [`QUERY_MAX`] gets the rest of what is wanted one by one, so that the cost has a limit.
pub(super) async fn of(
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
    let answer = request.send().await.map_err(failed("read the read cursors"))?;
    let mut found: HashMap<_, _> = answer.items().iter().filter_map(place).collect();
    if let Some(last) = answer.last_evaluated_key.as_ref().and_then(|last| rows::text(last, SK)) {
        let keys = conversations.iter().map(|conversation| Key::Read(reader, *conversation));
        let beyond = keys.filter(|key| key.text().1.as_str() > last).map(|key| key.item()).collect();
        found.extend(table.get_some(beyond, "read some read cursors").await?.iter().filter_map(place));
    }
    Ok(found)
}

fn place(row: &Item) -> Option<(conversation::Id, ReadCursor)> {
    match Key::of(row)? {
        Key::Read(_, conversation) => Some((conversation, ReadCursor::read(row))),
        _ => None,
    }
}
