//! Finds inbox rows by conversation or by peer, through the index or by scanning a user's inbox, and deletes a row if
//! it is unchanged.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::InboxRow;
use crate::server::store::dynamodb::table::{GROUP_INDEX, Key, MESSAGE_GROUP_UUID, PK, SEQ, SK, TIMES, USER_UUID};
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

/// Part of a transaction: deletes a row if it is unchanged since it was read.
pub fn delete(table: &Table, row: &InboxRow) -> Result<TransactWriteItem, Failure> {
    let unchanged = if row.seq > 0 { format!("{SEQ} = :seq") } else { format!("attribute_not_exists({SEQ})") };
    let seq = (row.seq > 0).then(|| (":seq".to_owned(), AttributeValue::N(row.seq.to_string())));
    let delete = Delete::builder()
        .table_name(table.name())
        .set_key(Some(row.key().item()))
        .condition_expression(format!("{MESSAGE_GROUP_UUID} = :group AND {unchanged}"))
        .set_expression_attribute_values(Some(seq.into_iter().collect()))
        .expression_attribute_values(":group", AttributeValue::S(row.conversation.to_string()));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}
