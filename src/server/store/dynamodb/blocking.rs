//! Blocks: nothing passes between two users while one of them has blocked the other.
//!
//! The head of a direct conversation names those of its members who have blocked the other one, and every send, edit
//! and reaction demands in its transaction that there are none. The same is in a row of each of the two users
//! ([`Block`](super::rows::Block)): the transaction of a first message demands it of that row, a head of a legacy
//! conversation is created with it, and one query of a user's rows gives all blocks that concern them. All rows change
//! in one transaction. They also hold the names of both at the beginning of the first block: each sees those of the
//! other until the last block is removed, so that no change of a profile passes.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use crate::domain::conversation;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::{heads as legacy_heads, pairs};
use crate::server::store::dynamodb::rows::{Block, Head, InboxRow, NamesAtBlock};
use crate::server::store::dynamodb::table::{BLOCKED_AT, BLOCKED_BY, Key, NAMES_AT_BLOCK, PK, SortTime};
use crate::server::store::dynamodb::{Table, blocks};

/// Maximum number of heads in one transaction, which may have 100 parts, with the two rows of the block.
const HEADS_MAX: usize = 98;

impl Conversations {
    /// Blocks another user (`on`), or removes the user's block of them. When this returns, no message, edit or reaction
    /// passes between the two on any server until the block is removed, and each sees the other with the present names.
    /// Returns their direct conversations.
    ///
    /// Reads both inboxes twice. One transaction of two rows and a head: six write units.
    pub async fn set_block(&self, me: &User, peer: &User, on: bool) -> Result<Vec<conversation::Id>, Failure> {
        let table = &self.table;
        let (mut is_stored, mut backoff) = (false, Backoff::default());
        loop {
            let block = blocks::of_pair(table, [me.id, peer.id]).await?;
            let is_blocked = block.blocked_by.contains(&me.id);
            // Read after the row: a conversation that is not found here begins with a look at the row.
            let heads = heads_of_pair(table, me.id, peer.id).await?;
            let outdated: Vec<_> =
                heads.iter().filter(|(_, head)| head.is_blocked_by(me.id) != on).map(|(id, _)| *id).collect();
            let is_changed_back = is_stored && is_blocked != on;
            if is_changed_back || (is_blocked == on && outdated.is_empty()) {
                return Ok(heads.into_keys().collect());
            }
            let change = Change::new(block, [me, peer], on);
            let mut parts = Vec::new();
            for key in [Key::Block(me.id, peer.id), Key::Block(peer.id, me.id)] {
                parts.push(change.row_part(table, &key)?);
            }
            for conversation in outdated.into_iter().take(HEADS_MAX) {
                parts.push(change.head_part(table, conversation)?);
            }
            match table.transact(parts).await? {
                Ok(()) => is_stored = true,
                Err(_) => backoff.wait_with(table.clock(), "change a block").await?,
            }
        }
    }

    /// Reports whether the user has blocked another one. One read unit.
    pub async fn has_blocked(&self, me: user::Id, peer: user::Id) -> Result<bool, Failure> {
        Ok(blocks::of_pair(&self.table, [me, peer]).await?.blocked_by.contains(&me))
    }

    /// Reports whether one of two users has blocked the other. One read unit.
    pub async fn is_blocked(&self, me: user::Id, peer: user::Id) -> Result<bool, Failure> {
        Ok(blocks::of_pair(&self.table, [me, peer]).await?.is_active())
    }

    /// Returns the users with whom this one has a block, in either direction. One read unit per about 20 blocks.
    pub async fn blocked_peers(&self, me: user::Id) -> Result<HashSet<user::Id>, Failure> {
        blocks::peers(&self.table, me).await
    }

    /// Returns the users who have blocked this one. One read unit per about 20 blocks.
    pub async fn blockers(&self, me: user::Id) -> Result<Vec<user::Id>, Failure> {
        let blocks = blocks::of(&self.table, me).await?;
        Ok(blocks.into_iter().filter(|block| block.blocked_by.contains(&block.peer)).map(|block| block.peer).collect())
    }

    /// Returns the blocks of the users whom this one has blocked. One read unit per about 20 blocks.
    pub async fn blocked_by(&self, me: user::Id) -> Result<Vec<Block>, Failure> {
        let blocks = blocks::of(&self.table, me).await?;
        Ok(blocks.into_iter().filter(|block| block.blocked_by.contains(&me)).collect())
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

/// Change of the blocks between two users, as they were read.
struct Change {
    read: Block,
    me: user::Id,
    on: bool,
    /// Names of both at the beginning of the first block: those that are stored, or else the present ones.
    names: NamesAtBlock,
}

impl Change {
    fn new(read: Block, pair: [&User; 2], on: bool) -> Self {
        let is_known = read.is_active() && !read.names.is_empty();
        let names = if is_known { read.names.clone() } else { NamesAtBlock::of(pair) };
        Self { me: pair[0].id, read, on, names }
    }

    /// Part of a transaction: changes the row of the blocks, if it is still as it was read. The block of the peer
    /// counts, too: the names are removed with the last block.
    fn row_part(&self, table: &Table, key: &Key) -> Result<TransactWriteItem, Failure> {
        let unchanged = |value: &str, user: user::Id| {
            let is_blocked = self.read.blocked_by.contains(&user);
            format!("{}contains({BLOCKED_BY}, {value})", if is_blocked { "" } else { "NOT " })
        };
        let mut update = self
            .update(table, key, self.on.then(|| format!("{BLOCKED_AT} = :now")))
            .condition_expression(format!("{} AND {}", unchanged(":me", self.me), unchanged(":peer", self.read.peer)))
            .expression_attribute_values(":me", AttributeValue::S(self.me.to_string()))
            .expression_attribute_values(":peer", AttributeValue::S(self.read.peer.to_string()));
        if self.on {
            let now = SortTime::from(table.now());
            update = update.expression_attribute_values(":now", AttributeValue::S(now.as_str().to_owned()));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Part of a transaction: changes the head of a conversation of the two. The condition of the rows guards it.
    fn head_part(&self, table: &Table, conversation: conversation::Id) -> Result<TransactWriteItem, Failure> {
        let update =
            self.update(table, &Key::Head(conversation), None).condition_expression(format!("attribute_exists({PK})"));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Returns the update of a row, which adds (`on`) the user to those who have blocked the other one, or removes
    /// them.
    fn update(&self, table: &Table, key: &Key, more: Option<String>) -> UpdateBuilder {
        let update = Update::builder()
            .table_name(table.name())
            .set_key(Some(key.item()))
            .expression_attribute_values(":set", blocks::set(&[self.me]));
        let is_last = !self.read.blocked_by.contains(&self.read.peer);
        match self.on {
            true => {
                let set = [Some(format!("{NAMES_AT_BLOCK} = :names")), more].into_iter().flatten();
                let set = set.collect::<Vec<_>>().join(", ");
                update
                    .update_expression(format!("ADD {BLOCKED_BY} :set SET {set}"))
                    .expression_attribute_values(":names", self.names.attribute())
            }
            false if is_last => update.update_expression(format!("DELETE {BLOCKED_BY} :set REMOVE {NAMES_AT_BLOCK}")),
            false => update.update_expression(format!("DELETE {BLOCKED_BY} :set")),
        }
    }
}
