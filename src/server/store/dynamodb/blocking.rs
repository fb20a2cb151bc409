//! Blocks: nothing passes between two users while one of them has blocked the other.
//!
//! The head of a direct conversation names those of its members who have blocked the other one, and every send, edit
//! and reaction demands in its transaction that there are none. The same is in a row of each of the two users
//! ([`Block`](super::rows::Block)): the transaction of a first message demands it of that row, a head of a legacy
//! conversation is created with it, and one query of a user's rows gives all blocks that concern them. All rows change
//! in one transaction.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::{heads as legacy_heads, pairs};
use crate::server::store::dynamodb::rows::{Head, InboxRow};
use crate::server::store::dynamodb::table::{BLOCKED_AT, BLOCKED_BY, Key, PK, SortTime};
use crate::server::store::dynamodb::{Table, blocks};

/// Maximum number of heads in one transaction, which may have 100 parts, with the two rows of the block.
const HEADS_MAX: usize = 98;

impl Conversations {
    /// Blocks another user (`on`), or removes the user's block of them. When this returns, no message, edit or reaction
    /// passes between the two on any server until the block is removed. Returns their direct conversations.
    ///
    /// Reads both inboxes twice. One transaction of two rows and a head: six write units.
    pub async fn set_block(&self, me: user::Id, peer: user::Id, on: bool) -> Result<Vec<conversation::Id>, Failure> {
        let table = &self.table;
        let (mut is_stored, mut backoff) = (false, Backoff::default());
        loop {
            let is_blocked = blocks::of_pair(table, [me, peer]).await?.contains(&me);
            // Read after the row: a conversation that is not found here begins with a look at the row.
            let heads = heads_of_pair(table, me, peer).await?;
            let outdated: Vec<_> =
                heads.iter().filter(|(_, head)| head.is_blocked_by(me) != on).map(|(id, _)| *id).collect();
            let is_changed_back = is_stored && is_blocked != on;
            if is_changed_back || (is_blocked == on && outdated.is_empty()) {
                return Ok(heads.into_keys().collect());
            }
            let mut parts = Vec::new();
            for key in [Key::Block(me, peer), Key::Block(peer, me)] {
                parts.push(update_row(table, &key, me, (is_blocked, on))?);
            }
            for conversation in outdated.into_iter().take(HEADS_MAX) {
                parts.push(update_head(table, conversation, me, on)?);
            }
            match table.transact(parts).await? {
                Ok(()) => is_stored = true,
                Err(_) => backoff.wait_with(table.clock(), "change a block").await?,
            }
        }
    }

    /// Reports whether the user has blocked another one. One read unit.
    pub async fn has_blocked(&self, me: user::Id, peer: user::Id) -> Result<bool, Failure> {
        Ok(blocks::of_pair(&self.table, [me, peer]).await?.contains(&me))
    }

    /// Reports whether one of two users has blocked the other. One read unit.
    pub async fn is_blocked(&self, me: user::Id, peer: user::Id) -> Result<bool, Failure> {
        Ok(!blocks::of_pair(&self.table, [me, peer]).await?.is_empty())
    }

    /// Returns the users with whom this one has a block, in either direction. One read unit per about 30 blocks.
    pub async fn blocked_peers(&self, me: user::Id) -> Result<HashSet<user::Id>, Failure> {
        blocks::peers(&self.table, me).await
    }

    /// Returns the users who have blocked this one. One read unit per about 30 blocks.
    pub async fn blockers(&self, me: user::Id) -> Result<Vec<user::Id>, Failure> {
        let blocks = blocks::of(&self.table, me).await?;
        Ok(blocks.into_iter().filter(|block| block.blocked_by.contains(&block.peer)).map(|block| block.peer).collect())
    }

    /// Returns the users whom this one has blocked. One read unit per about 30 blocks.
    pub async fn blocked_by(&self, me: user::Id) -> Result<Vec<user::Id>, Failure> {
        let blocks = blocks::of(&self.table, me).await?;
        Ok(blocks.into_iter().filter(|block| block.blocked_by.contains(&me)).map(|block| block.peer).collect())
    }
}

/// Returns the heads of all direct conversations of two users, of which the old app may have started several.
async fn heads_of_pair(
    table: &Table,
    me: user::Id,
    peer: user::Id,
) -> Result<HashMap<conversation::Id, Head>, Failure> {
    let (pair, ours, theirs) = tokio::try_join!(
        pairs::get(table, me, peer),
        inbox_rows::by_peer(table, me, peer),
        inbox_rows::by_peer(table, peer, me)
    )?;
    let listed: Vec<InboxRow> = [ours, theirs].concat();
    let found: HashSet<_> = listed.iter().map(|row| row.conversation).chain(pair).collect();
    let mut heads = HashMap::new();
    for conversation in found {
        let known: Vec<_> = listed.iter().filter(|row| row.conversation == conversation).cloned().collect();
        let head = legacy_heads::find_or_create(table, conversation, me, &known).await?;
        let is_theirs = |head: &Head| head.pair().is_some_and(|pair| pair.contains(&me) && pair.contains(&peer));
        heads.extend(head.filter(is_theirs).map(|head| (conversation, head)));
    }
    Ok(heads)
}

/// Part of a transaction: adds (`on`) a user to the row of a block, or removes them, if the row is still as it was
/// read.
fn update_row(
    table: &Table,
    key: &Key,
    me: user::Id,
    (was_blocked, on): (bool, bool),
) -> Result<TransactWriteItem, Failure> {
    let unchanged = format!("contains({BLOCKED_BY}, :me)");
    let unchanged = if was_blocked { unchanged } else { format!("NOT {unchanged}") };
    let mut update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key.item()))
        .condition_expression(unchanged)
        .update_expression(update_expression(on))
        .expression_attribute_values(":me", AttributeValue::S(me.to_string()))
        .expression_attribute_values(":set", blocks::set(&[me]));
    if on {
        let now = SortTime::from(table.now());
        update = update
            .update_expression(format!("{} SET {BLOCKED_AT} = :now", update_expression(on)))
            .expression_attribute_values(":now", AttributeValue::S(now.as_str().to_owned()));
    }
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

/// Part of a transaction: adds (`on`) a member to those who have blocked the other one, or removes them.
fn update_head(
    table: &Table,
    conversation: conversation::Id,
    me: user::Id,
    on: bool,
) -> Result<TransactWriteItem, Failure> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(Key::Head(conversation).item()))
        .condition_expression(format!("attribute_exists({PK})"))
        .update_expression(update_expression(on))
        .expression_attribute_values(":set", blocks::set(&[me]));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

fn update_expression(on: bool) -> String {
    format!("{} {BLOCKED_BY} :set", if on { "ADD" } else { "DELETE" })
}
