//! What follows from a message that has been stored: both people's rows of the conversation move up.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use futures::future::try_join_all;

use crate::conversation;
use crate::server::respond::Failure;
use crate::server::store::dynamodb::{Table, failed};
use crate::server::store::rows::{InboxRow, MessageRow};
use crate::server::store::table::{GROUP_INDEX, MESSAGE_GROUP_UUID, SEQ, SK, TIMES};
use crate::server::store::tries::Tries;
use crate::user;

/// How often the index is asked again for a row that it does not show: a new conversation's rows take a moment to get
/// there. A row that the old app lost never comes, and must not hold up the other one.
const LOOKS_MAX: u32 = 4;

/// Moves the inbox rows of a conversation to a message, where they are at an older one.
///
/// Safe to repeat, to run late, and to run many times at once: a row never moves back, and each move deletes the old row
/// and puts the new one in one transaction, so that there is always exactly one. One query of the index; four write units
/// for each row, twice that with the index.
pub async fn move_inbox_rows(table: &Table, newest: &MessageRow) -> Result<(), Failure> {
    let mut tries = Tries::default();
    for look in 1.. {
        let by_owner = rows_by_owner(table, newest.conversation).await?;
        let moves = by_owner.values().map(|rows| advance(table, rows, newest));
        let all_there = try_join_all(moves).await?.into_iter().all(|is_there| is_there);
        if all_there && (by_owner.len() >= 2 || look >= LOOKS_MAX) {
            break;
        }
        // The index lags behind the table: it shows what has been moved meanwhile, or does not show what is new.
        tries.wait("move inbox rows").await?;
    }
    Ok(())
}

/// What the index knows of the conversation: a person's rows, newest first. There is one each, except where the index
/// lags behind or the old app left two.
async fn rows_by_owner(
    table: &Table,
    conversation: conversation::Id,
) -> Result<HashMap<user::Id, Vec<InboxRow>>, Failure> {
    let request = table
        .client()
        .query()
        .table_name(table.name())
        .index_name(GROUP_INDEX)
        // Pair rows carry the conversation's id as well, but no time.
        .key_condition_expression(format!("{MESSAGE_GROUP_UUID} = :group AND {SK} BETWEEN :first AND :last"))
        .expression_attribute_values(":group", AttributeValue::S(conversation.to_string()))
        .expression_attribute_values(":first", AttributeValue::S(TIMES.0.to_owned()))
        .expression_attribute_values(":last", AttributeValue::S(TIMES.1.to_owned()))
        .scan_index_forward(false);
    let answer = request.send().await.map_err(failed("find the inbox rows of a conversation"))?;
    let mut by_owner: HashMap<_, Vec<InboxRow>> = HashMap::new();
    for row in answer.items().iter().filter_map(InboxRow::read) {
        by_owner.entry(row.owner).or_default().push(row);
    }
    Ok(by_owner)
}

/// Brings a person's row to `newest`. Not there: the row is no longer the one that the index showed.
async fn advance(table: &Table, rows: &[InboxRow], newest: &MessageRow) -> Result<bool, Failure> {
    let Some(current) = rows.iter().max_by_key(|row| (row.seq, row.at.at())) else { return Ok(true) };
    for left_over in rows.iter().filter(|row| *row != current) {
        // Refused where only the index still shows it.
        let _ = table.transact(vec![delete(table, left_over)?]).await?;
    }
    if is_older(current, newest) { replace(table, current, newest).await } else { Ok(true) }
}

/// By place in the conversation; by time where the old app wrote one of the two.
fn is_older(row: &InboxRow, newest: &MessageRow) -> bool {
    if row.seq > 0 && newest.seq > 0 { row.seq < newest.seq } else { row.at.at() < newest.at.at() }
}

async fn replace(table: &Table, current: &InboxRow, newest: &MessageRow) -> Result<bool, Failure> {
    const DELETE: usize = 0;
    const PUT: usize = 1;
    let mut next = InboxRow {
        at: current.at.next(newest.at.at()),
        body: newest.body.clone(),
        seq: newest.seq.max(current.seq),
        last_author: Some(newest.author.id),
        ..current.clone()
    };
    if next.with.id == newest.author.id {
        next.with = newest.author.clone();
    }
    loop {
        match table.transact(vec![delete(table, current)?, table.put_if_absent(next.item())?]).await? {
            Ok(()) => return Ok(true),
            // Another conversation of the same person moved in this very microsecond. The next one will do as well.
            Err(refusal) if refusal.at(PUT) && !refusal.at(DELETE) => next.at = next.at.next(next.at.at()),
            Err(_) => return Ok(false),
        }
    }
}

/// Part of a transaction: deletes a row if it is still as it was read.
fn delete(table: &Table, row: &InboxRow) -> Result<TransactWriteItem, Failure> {
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
