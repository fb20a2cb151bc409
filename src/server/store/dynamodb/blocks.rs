//! Blocks between users, as other operations need them: conditions of transactions, and the blocks of a user.
//! [`blocking`](super::blocking) changes them.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

use crate::domain::error::{AppError, Conflict};
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{Block, Head};
use crate::server::store::dynamodb::table::{BLOCK_PREFIX, BLOCKED_BY, Key};
use crate::server::store::dynamodb::{Table, into_failure};

/// Fails if a member has blocked the other one. Both get the same answer, which does not tell who.
pub(super) fn check(head: &Head) -> Result<(), AppError> {
    if head.is_blocked() { Err(AppError::Conflict(Conflict::Undeliverable)) } else { Ok(()) }
}

/// Condition of a head or of the row of a block: there is no block.
pub(super) fn no_block() -> String {
    format!("attribute_not_exists({BLOCKED_BY})")
}

/// Part of a transaction: demands that exactly these of two users have blocked the other one.
pub(super) fn check_part(
    table: &Table,
    [one, other]: [user::Id; 2],
    blocked_by: &[user::Id],
) -> Result<TransactWriteItem, Failure> {
    let check = ConditionCheck::builder().table_name(table.name()).set_key(Some(Key::Block(one, other).item()));
    let check = if blocked_by.is_empty() {
        check.condition_expression(no_block())
    } else {
        check
            .condition_expression(format!("{BLOCKED_BY} = :blocked_by"))
            .expression_attribute_values(":blocked_by", set(blocked_by))
    };
    Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
}

/// Part of a transaction that always fails, like [`check_part`] of two users with a block: the same row, the same work
/// and the same answer of DynamoDB.
pub(super) fn failing_part(table: &Table, [one, other]: [user::Id; 2]) -> Result<TransactWriteItem, Failure> {
    let check = ConditionCheck::builder()
        .table_name(table.name())
        .set_key(Some(Key::Block(one, other).item()))
        .condition_expression(format!("attribute_exists({BLOCKED_BY}) AND {}", no_block()));
    Ok(TransactWriteItem::builder().condition_check(check.build()?).build())
}

/// Returns the blocks between two users. One read unit.
pub(super) async fn of_pair(table: &Table, [one, other]: [user::Id; 2]) -> Result<Block, Failure> {
    let row = table.get(&Key::Block(one, other)).await?;
    Ok(row.as_ref().and_then(Block::from_item).unwrap_or_else(|| Block::none([one, other])))
}

/// Returns the users with whom this one has a block, in either direction. One read unit per about 20 blocks.
pub(super) async fn peers(table: &Table, me: user::Id) -> Result<HashSet<user::Id>, Failure> {
    Ok(of(table, me).await?.into_iter().map(|block| block.peer).collect())
}

/// Returns the blocks that concern a user, strongly consistent.
pub(super) async fn of(table: &Table, me: user::Id) -> Result<Vec<Block>, Failure> {
    let query = table.query_by_prefix(Key::inbox(me), BLOCK_PREFIX);
    let rows = query.into_paginator().items().send().try_collect().await.map_err(into_failure("read blocks"))?;
    Ok(rows.iter().filter_map(Block::from_item).filter(Block::is_active).collect())
}

/// Returns users as a set.
pub(super) fn set(users: &[user::Id]) -> AttributeValue {
    AttributeValue::Ss(users.iter().map(user::Id::to_string).collect())
}
