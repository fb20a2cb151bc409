//! Finds inbox rows by conversation or by peer, through the index or by scanning a user's inbox; deletes a row if it is
//! unchanged, and updates its text in place.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};

use crate::domain::message::TextVersion;
use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};
use crate::server::store::dynamodb::table::{
    GROUP_INDEX, Item, Key, MESSAGE, MESSAGE_GROUP_UUID, PK, SEQ, SK, TIMES, USER_UUID, VERSION,
};
use crate::server::store::dynamodb::{Table, into_failure};

/// Returns a conversation's inbox rows from the index. The index lags behind the table: it may show rows that have
/// moved meanwhile, or miss those of a new conversation. Half a read unit.
pub(crate) async fn by_conversation(table: &Table, conversation: conversation::Id) -> Result<Vec<InboxRow>, Failure> {
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .index_name(GROUP_INDEX)
        // Pair rows of earlier versions are in the index as well, but have no time.
        .key_condition_expression(format!("{MESSAGE_GROUP_UUID} = :group AND {SK} BETWEEN :first AND :last"))
        .expression_attribute_values(":group", AttributeValue::S(conversation.to_string()));
    read_all(request, "find the inbox rows of a conversation").await
}

/// Returns a user's rows of a conversation, strongly consistent. Reads the user's whole inbox: one read unit per dozen
/// rows.
pub async fn by_owner(
    table: &Table,
    owner: user::Id,
    conversation: conversation::Id,
) -> Result<Vec<InboxRow>, Failure> {
    search(table, owner, MESSAGE_GROUP_UUID, conversation.to_string()).await
}

/// Returns a user's rows of direct conversations with another user, strongly consistent. Reads the user's whole inbox.
pub(crate) async fn by_peer(table: &Table, owner: user::Id, peer: user::Id) -> Result<Vec<InboxRow>, Failure> {
    let mut rows = search(table, owner, USER_UUID, peer.to_string()).await?;
    // The row of a group names the author of its newest message in the same attribute.
    rows.retain(|row| row.peer().is_some());
    Ok(rows)
}

async fn search(table: &Table, owner: user::Id, attribute: &str, value: String) -> Result<Vec<InboxRow>, Failure> {
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .consistent_read(true)
        .key_condition_expression(format!("{PK} = :inbox AND {SK} BETWEEN :first AND :last"))
        .filter_expression(format!("{attribute} = :value"))
        .expression_attribute_values(":inbox", AttributeValue::S(Key::inbox(owner)))
        .expression_attribute_values(":value", AttributeValue::S(value))
        // Forwards, in the direction in which rows move: a row that moves meanwhile is read twice rather than not at
        // all.
        .scan_index_forward(true);
    read_all(request, "scan an inbox").await
}

/// Reads all pages of a query whose bounds are the times from `:first` to `:last`.
async fn read_all(request: QueryFluentBuilder, operation: &'static str) -> Result<Vec<InboxRow>, Failure> {
    let request = request
        .expression_attribute_values(":first", AttributeValue::S(TIMES.0.to_owned()))
        .expression_attribute_values(":last", AttributeValue::S(TIMES.1.to_owned()));
    let rows = request.into_paginator().items().send().try_collect().await.map_err(into_failure(operation))?;
    Ok(rows.iter().filter_map(InboxRow::from_item).collect())
}

/// Part of a transaction: deletes a row if it is unchanged since it was read. The text counts, too: a row that moves
/// may keep it, and must not bring back one that has been edited or deleted meanwhile.
pub fn delete(table: &Table, row: &InboxRow) -> Result<TransactWriteItem, Failure> {
    let version = match row.version {
        version if version == TextVersion::default() => row.unreadable.get(VERSION).cloned(),
        version => Some(number(version)?),
    };
    let (unmoved, mut values) = unmoved(row);
    let version = same(VERSION, ":version", version, &mut values);
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(row.key().item()))
        .condition_expression(format!("{unmoved} AND {version}"))
        .set_expression_attribute_values(Some(values));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

/// Gives a row the text of the message that it is at, unless it has a newer one. Returns `false` if the row has moved.
/// One write unit, and one for the index.
pub(super) async fn update_text(table: &Table, row: &InboxRow, message: &MessageRow) -> Result<bool, Failure> {
    let (unmoved, mut values) = unmoved(row);
    let without = same(VERSION, ":unreadable", row.unreadable.get(VERSION).cloned(), &mut values);
    let request = table
        .client()
        .update_item()
        .table_name(table.name())
        .set_key(Some(row.key().item()))
        .condition_expression(format!("{unmoved} AND ({without} OR {VERSION} < :version)"))
        .update_expression(format!("SET {MESSAGE} = :message, {VERSION} = :version"))
        .set_expression_attribute_values(Some(values))
        .expression_attribute_values(":message", AttributeValue::S(message.body.clone()))
        .expression_attribute_values(":version", number(message.version())?);
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) => {
            let stored = table.get(&row.key()).await?;
            let stored = stored.as_ref().and_then(InboxRow::from_item);
            let is_there = |stored: InboxRow| stored.conversation == row.conversation && stored.is_at(message);
            Ok(stored.is_some_and(|stored| stored.version >= message.version() && is_there(stored)))
        }
        Err(error) => Err(into_failure("update a preview")(error)),
    }
}

/// Returns the condition that a row is still there and at the same message, and the values in it.
fn unmoved(row: &InboxRow) -> (String, Item) {
    let mut values = Item::from([(":group".to_owned(), AttributeValue::S(row.conversation.to_string()))]);
    let seq = match row.seq {
        0 => row.unreadable.get(SEQ).cloned(),
        seq => Some(AttributeValue::N(seq.to_string())),
    };
    let seq = same(SEQ, ":seq", seq, &mut values);
    (format!("{MESSAGE_GROUP_UUID} = :group AND {seq}"), values)
}

/// Returns the condition that an attribute has this value, or is missing, and adds the value to `values` as
/// `placeholder`.
fn same(attribute: &str, placeholder: &str, value: Option<AttributeValue>, values: &mut Item) -> String {
    match value {
        Some(value) => {
            values.insert(placeholder.to_owned(), value);
            format!("{attribute} = {placeholder}")
        }
        None => format!("attribute_not_exists({attribute})"),
    }
}

fn number(version: TextVersion) -> anyhow::Result<AttributeValue> {
    Ok(serde_dynamo::to_attribute_value(version)?)
}
