//! Inbox rows by what they say rather than by where they are: by the index, or by looking through a person's list. And
//! away with one, as long as it is the one that was found.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::InboxRow;
use crate::server::store::dynamodb::table::{GROUP_INDEX, Key, MESSAGE_GROUP_UUID, PK, SEQ, SK, TIMES, USER_UUID};
use crate::server::store::dynamodb::{Table, failed};

/// A conversation's inbox rows, by the index. It lags behind the table: it may show rows that have moved on meanwhile, or
/// not show those of a new conversation. Half a read unit.
pub(crate) async fn of(table: &Table, conversation: conversation::Id) -> Result<Vec<InboxRow>, Failure> {
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .index_name(GROUP_INDEX)
        // Pair rows carry the conversation's id as well, but no time.
        .key_condition_expression(format!("{MESSAGE_GROUP_UUID} = :group AND {SK} BETWEEN :first AND :last"))
        .expression_attribute_values(":group", AttributeValue::S(conversation.to_string()));
    read_all(request, "find the inbox rows of a conversation").await
}

/// A person's rows of a conversation, as they are now. Reads the person's whole list: a read unit for each dozen rows.
pub(crate) async fn of_owner(
    table: &Table,
    owner: user::Id,
    conversation: conversation::Id,
) -> Result<Vec<InboxRow>, Failure> {
    search(table, owner, MESSAGE_GROUP_UUID, conversation.to_string()).await
}

/// A person's rows about another, as they are now. Reads the person's whole list.
pub(crate) async fn about(table: &Table, owner: user::Id, other: user::Id) -> Result<Vec<InboxRow>, Failure> {
    search(table, owner, USER_UUID, other.to_string()).await
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
        // Upwards, as rows move: one that moves meanwhile is seen twice rather than not at all.
        .scan_index_forward(true);
    read_all(request, "look through a list of conversations").await
}

/// All pages of a query that asks for times, from `:first` to `:last`.
async fn read_all(request: QueryFluentBuilder, doing: &'static str) -> Result<Vec<InboxRow>, Failure> {
    let request = request
        .expression_attribute_values(":first", AttributeValue::S(TIMES.0.to_owned()))
        .expression_attribute_values(":last", AttributeValue::S(TIMES.1.to_owned()));
    let rows = request.into_paginator().items().send().try_collect().await.map_err(failed(doing))?;
    Ok(rows.iter().filter_map(InboxRow::read).collect())
}

/// Part of a transaction: deletes a row if it is still as it was read.
pub(crate) fn delete(table: &Table, row: &InboxRow) -> Result<TransactWriteItem, Failure> {
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
