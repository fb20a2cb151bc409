//! Removal of a deleted user from the table: of their names in all rows, and of their inbox. Their id stays, in the
//! heads, in their messages, and in the blocks of the others.
//!
//! The head of each conversation is marked first. Writers of inbox rows look at the mark ([`Head::nameable`]), and
//! do not put a row for a deleted member. Inbox rows of the others change by a move to another key, so that a
//! writer that has read them before fails, and reads the head.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use futures::future::try_join_all;

use crate::domain::conversation;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::conversations::Conversations;
use crate::server::store::dynamodb::inbox::{moves, rows as inbox_rows};
use crate::server::store::dynamodb::rows::{Head, InboxRow};
use crate::server::store::dynamodb::table::{
    BLOCK_PREFIX, DELETED_MEMBERS, Item, Key, NAMES_AT_BLOCK, PK, SK, TIMES, USER_DISPLAY_NAME, USER_HANDLE, USER_UUID,
    text,
};
use crate::server::store::dynamodb::{Table, blocks, heads, into_failure};

/// Number of messages that are written at once.
const CONCURRENT_WRITES: usize = 8;

/// Maximum number of reads of the index, which lags behind the table, before a missing row is looked for in the inbox
/// of its owner.
const INDEX_READS_MAX: u32 = 4;

/// Maximum number of rows that one transaction deletes.
const DELETES_AT_ONCE: usize = 25;

/// Part of a conversation in which the names of an author have been removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamesRemoved {
    /// Sort key of the last row; `None` at the end of the conversation.
    pub last: Option<String>,
    /// Number of messages that had a name.
    pub found: usize,
}

impl Conversations {
    /// Marks a member of a conversation as deleted in its head. Returns `false` if there is no such conversation, or
    /// the user is no member. Two write units.
    pub async fn mark_member_deleted(&self, me: user::Id, conversation: conversation::Id) -> Result<bool, Failure> {
        let mut backoff = Backoff::default();
        // Creates the head of a legacy conversation.
        while let Some(membership) = self.membership(me, conversation).await? {
            if membership.head().is_deleted(me) {
                return Ok(true);
            }
            let update = Update::builder()
                .table_name(self.table.name())
                .set_key(Some(Key::Head(conversation).item()))
                .condition_expression(format!("attribute_exists({PK})"))
                .update_expression(format!("ADD {DELETED_MEMBERS} :me REMOVE {NAMES_AT_BLOCK}"))
                .expression_attribute_values(":me", blocks::set(&[me]));
            // A transaction, because that of a send may be writing the same row.
            let part = TransactWriteItem::builder().update(update.build()?).build();
            if self.table.transact(vec![part]).await?.is_err() {
                backoff.wait_with(self.table.clock(), "mark a deleted member").await?;
            }
        }
        Ok(false)
    }

    /// Removes the names of an author from a part of their messages in a conversation, the next ones after the sort key
    /// `after`. Changes nothing else in them.
    ///
    /// One query of at most 1 MB, and two write units per message with a name.
    pub async fn remove_names_in_messages(
        &self,
        author: user::Id,
        conversation: conversation::Id,
        after: Option<&str>,
    ) -> Result<NamesRemoved, Failure> {
        let (partition, names) = (Key::messages(conversation), Names::of(author));
        let start = after.map(|after| key_item(&partition, after));
        let query = self
            .table
            .query_by_range(partition, TIMES.into())
            .filter_expression(format!("{USER_UUID} = :user AND ({})", names.are_there()))
            .set_exclusive_start_key(start);
        let query = names
            .values()
            .into_iter()
            .fold(query, |query, (name, value)| query.expression_attribute_values(name, value));
        let page = query.send().await.map_err(into_failure("find the names of an author"))?;
        let last = page.last_evaluated_key().and_then(|key| text(key, SK)).map(str::to_owned);
        let rows = page.items.unwrap_or_default();
        let found = rows.len();
        let keys: Vec<_> = rows.iter().filter_map(|row| Some(key_item(text(row, PK)?, text(row, SK)?))).collect();
        for keys in keys.chunks(CONCURRENT_WRITES) {
            let removals: Vec<_> = keys.iter().map(|key| self.remove_names(names.clone(), key.clone())).collect();
            try_join_all(removals).await?;
        }
        Ok(NamesRemoved { last, found })
    }

    /// Removes the names from a message, unless it has moved: the caller looks again.
    async fn remove_names(&self, names: Names, key: Item) -> Result<(), Failure> {
        let update = Update::builder()
            .table_name(self.table.name())
            .set_key(Some(key))
            .condition_expression(format!("{USER_UUID} = :user"))
            .update_expression(format!("SET {USER_HANDLE} = :handle, {USER_DISPLAY_NAME} = :name"))
            .set_expression_attribute_values(Some(names.values()));
        let part = TransactWriteItem::builder().update(update.build()?).build();
        // Refused if another writer changes the row at this moment.
        let _ = self.table.transact(vec![part]).await?;
        Ok(())
    }

    /// Removes the names of a deleted member from the inbox rows of the others in a conversation, whose head is marked
    /// already. When this returns, no such row has them, nor gets them again.
    ///
    /// One query of the index, and eight write units per row with a name. If the index does not show the rows of all
    /// members, also one read unit per dozen of their conversations.
    pub async fn remove_names_in_inboxes(&self, me: user::Id, conversation: conversation::Id) -> Result<(), Failure> {
        let table = &self.table;
        let mut backoff = Backoff::default();
        for attempt in 1.. {
            let mut rows = inbox_rows::by_conversation(table, conversation).await?;
            let head = heads::get(table, conversation).await?;
            let listed: HashSet<_> = rows.iter().map(|row| row.owner).collect();
            let mut missing = owners(head.as_ref());
            missing.retain(|owner| !listed.contains(owner));
            let is_certain = missing.is_empty() || attempt > INDEX_READS_MAX;
            if is_certain {
                for owner in missing {
                    rows.extend(inbox_rows::by_owner(table, owner, conversation).await?);
                }
            }
            let named: Vec<_> = rows.iter().filter(|row| row.owner != me && names(row, me)).collect();
            if named.is_empty() && is_certain {
                return Ok(());
            }
            for row in named {
                let next = InboxRow { at: row.at.next(row.at.at()), named: row.named.deleted(), ..row.clone() };
                moves::replace(table, row, next).await?;
            }
            backoff.wait_with(table.clock(), "remove names from inbox rows").await?;
        }
        Ok(())
    }

    /// Removes the names from the rows of a deleted user's blocks: the others see a deleted user anyway.
    ///
    /// One read unit per about 20 blocks, and four write units per block with names.
    pub async fn remove_names_in_blocks(&self, me: user::Id) -> Result<(), Failure> {
        let (table, mut backoff) = (&self.table, Backoff::default());
        loop {
            let mut named = blocks::of(table, me).await?;
            named.retain(|block| !block.names.is_empty());
            if named.is_empty() {
                return Ok(());
            }
            for block in named {
                let keys = [Key::Block(me, block.peer), Key::Block(block.peer, me)];
                let parts = keys.iter().map(|key| without_names(table, key)).collect::<Result<_, Failure>>()?;
                // Refused if another writer changes the block at this moment.
                let _ = table.transact(parts).await?;
            }
            backoff.wait_with(table.clock(), "remove names from blocks").await?;
        }
    }

    /// Deletes the next rows of a deleted user's inbox: their list, requests and read positions. Their blocks stay:
    /// each block is in the rows of both users, which change together. Returns `false` if there are none left.
    ///
    /// Two write units per row, and twice that with the index.
    pub async fn delete_inbox_rows(&self, me: user::Id) -> Result<bool, Failure> {
        let query = self.table.query_by_partition(Key::inbox(me)).projection_expression(format!("{PK}, {SK}"));
        let (mut start, mut deleted) = (None, false);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(into_failure("read an inbox"))?;
            let is_block = |key: &Item| text(key, SK).is_some_and(|key| key.starts_with(BLOCK_PREFIX));
            let keys: Vec<_> = page.items().iter().filter(|key| !is_block(key)).cloned().collect();
            for keys in keys.chunks(DELETES_AT_ONCE) {
                let deletes = keys.iter().map(|key| delete(&self.table, key)).collect::<Result<_, Failure>>()?;
                // Refused if a writer moves one of the rows at this moment. The next call finds it.
                let _ = self.table.transact(deletes).await?;
            }
            deleted |= !keys.is_empty();
            start = page.last_evaluated_key;
            if deleted || start.is_none() {
                return Ok(deleted);
            }
        }
    }
}

/// Names of a deleted user, as rows have them afterwards.
#[derive(Clone)]
struct Names(User);

impl Names {
    fn of(user: user::Id) -> Self {
        Self(User::deleted(user))
    }

    /// Returns the condition of a row with other names.
    fn are_there(&self) -> String {
        let differs = |name: &str, value: &str| format!("attribute_exists({name}) AND {name} <> {value}");
        format!("({}) OR ({})", differs(USER_HANDLE, ":handle"), differs(USER_DISPLAY_NAME, ":name"))
    }

    /// Returns the user as `:user`, and their names as `:handle` and `:name`.
    fn values(&self) -> Item {
        let Self(user) = self;
        let (handle, name) = (user.handle_text().to_owned(), user.display_name.to_string());
        [(":user", user.id.to_string()), (":handle", handle), (":name", name)]
            .map(|(placeholder, value)| (placeholder.to_owned(), AttributeValue::S(value)))
            .into()
    }
}

/// Returns the members who should have an inbox row.
fn owners(head: Option<&Head>) -> Vec<user::Id> {
    let Some(head) = head else { return Vec::new() };
    let is_owner = |member: &user::Id| !head.is_deleted(*member) && head.request_recipient() != Some(*member);
    head.members().ids().iter().copied().filter(is_owner).collect()
}

/// Reports whether a row names a user as other than deleted.
fn names(row: &InboxRow, user: user::Id) -> bool {
    let named = row.named.user();
    named.id == user && *named != User::deleted(user)
}

fn without_names(table: &Table, key: &Key) -> Result<TransactWriteItem, Failure> {
    let update = Update::builder()
        .table_name(table.name())
        .set_key(Some(key.item()))
        .condition_expression(format!("attribute_exists({PK})"))
        .update_expression(format!("REMOVE {NAMES_AT_BLOCK}"));
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

fn delete(table: &Table, key: &Item) -> Result<TransactWriteItem, Failure> {
    let delete = Delete::builder().table_name(table.name()).set_key(Some(key.clone()));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

fn key_item(partition: &str, sort_key: &str) -> Item {
    [(PK, partition), (SK, sort_key)].map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).into()
}
