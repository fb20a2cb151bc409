//! Read cursors: how far each member has read each conversation.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::domain::conversation;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{Block, ReadCursor};
use crate::server::store::dynamodb::table::{
    BLOCKS_AND_CURSORS, DELIVERED_AT, DELIVERED_SEQ, Item, Key, MARKED, READ_AT, READ_PREFIX, SEQ, SK, SortTime,
    UNMARKED, text,
};
use crate::server::store::dynamodb::{Table, blocks, into_failure};

/// Advances a member's read position to `seq`, never back. Returns the cursor if it moved. One write unit.
pub(super) async fn advance_read(
    table: &Table,
    reader: user::Id,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<ReadCursor>, Failure> {
    advance_to(table, &Key::ReadCursor(reader, conversation), [SEQ, READ_AT], seq).await
}

/// Like [`advance_read`], but reads the cursor first, and writes only if it is behind. One read unit, and one write
/// unit if it is.
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

/// Maximum number of cursors that the query reads, including those that the caller does not need.
const QUERY_MAX: i32 = 500;

/// Number of cursors from which a page of them costs less by key than by the query.
const MANY: usize = 240;

/// Read cursors of one member that were read before it was known which ones are needed, with the blocks that concern
/// the member.
pub(super) struct Cursors {
    reader: user::Id,
    found: HashMap<conversation::Id, ReadCursor>,
    read: Read,
    blocks: Vec<Block>,
}

/// Cursors that were read.
enum Read {
    /// All of them up to this sort key; `None` if these are all.
    First(Option<String>),
    /// Those of these conversations.
    Of(Vec<conversation::Id>),
}

/// Returns the first cursors of a member: all of them, unless there are more than [`QUERY_MAX`], with the blocks.
///
/// One query, a dozen to 30 rows per read unit; single reads cost a unit each. It needs no list of conversations, so it
/// can run beside the query of the inbox.
pub(super) async fn first(table: &Table, reader: user::Id) -> Result<Cursors, Failure> {
    let query = table.query_by_range(Key::inbox(reader), BLOCKS_AND_CURSORS.into()).limit(QUERY_MAX);
    let answer = query.send().await.map_err(into_failure("read the read cursors"))?;
    let found = answer.items().iter().filter_map(decode).collect();
    let last = answer.last_evaluated_key.as_ref().and_then(|last| text(last, SK)).map(str::to_owned);
    let blocks = match &last {
        // There are more rows of blocks than the query reads.
        Some(last) if last.as_str() < READ_PREFIX => blocks::of(table, reader).await?,
        _ => answer.items().iter().filter_map(Block::from_item).collect(),
    };
    Ok(Cursors { reader, found, read: Read::First(last), blocks })
}

/// Returns cursors of a member that a page of the list is likely to need: like [`first`], unless this process knows
/// that there are many. Then those of the conversations that the `newest` page had the last time, or none for an older
/// page.
pub(super) async fn for_list(table: &Table, reader: user::Id, is_newest: bool) -> Result<Cursors, Failure> {
    let Some(listed) = table.hints().listed(reader).await else { return first(table, reader).await };
    let conversations = if is_newest { listed.to_vec() } else { Vec::new() };
    let (found, blocks) = tokio::try_join!(by_key(table, reader, &conversations), blocks::of(table, reader))?;
    Ok(Cursors { reader, found, read: Read::Of(conversations), blocks })
}

async fn by_key(
    table: &Table,
    reader: user::Id,
    conversations: &[conversation::Id],
) -> Result<HashMap<conversation::Id, ReadCursor>, Failure> {
    let keys = conversations.iter().map(|conversation| Key::ReadCursor(reader, *conversation).item()).collect();
    Ok(table.batch_get(keys, "read some read cursors").await?.iter().filter_map(decode).collect())
}

impl Cursors {
    /// Returns the users with whom the member has a block, with their names at its beginning, as far as these are
    /// known.
    pub(super) fn peers_at_block(&self) -> HashMap<user::Id, User> {
        self.blocks.iter().filter_map(Block::peer_at_block).map(|peer| (peer.id, peer)).collect()
    }

    /// Reports whether the member has many cursors, so that they should be read by key.
    pub(super) fn are_many(&self) -> bool {
        match &self.read {
            Read::First(last) => last.is_some() || self.found.len() > MANY,
            Read::Of(_) => true,
        }
    }

    /// Returns the cursors of these conversations (at most 100), without those that do not exist. Those that were not
    /// read are read by key, so that the cost has a limit.
    pub(super) async fn of(
        self,
        table: &Table,
        conversations: &[conversation::Id],
    ) -> Result<HashMap<conversation::Id, ReadCursor>, Failure> {
        let Self { reader, mut found, read, .. } = self;
        let is_missing = |conversation: &conversation::Id| match &read {
            Read::First(Some(last)) => Key::ReadCursor(reader, *conversation).text().1 > *last,
            Read::First(None) => false,
            Read::Of(read) => !read.contains(conversation),
        };
        let missing: Vec<_> = conversations.iter().copied().filter(is_missing).collect();
        found.extend(by_key(table, reader, &missing).await?);
        Ok(found)
    }
}

/// Returns a member's cursors of these conversations (at most 100), without those that do not exist. One query of
/// [`first`], if there is any conversation.
pub(super) async fn get_many(
    table: &Table,
    reader: user::Id,
    conversations: &[conversation::Id],
) -> Result<HashMap<conversation::Id, ReadCursor>, Failure> {
    if conversations.is_empty() {
        return Ok(HashMap::new());
    }
    first(table, reader).await?.of(table, conversations).await
}

fn decode(row: &Item) -> Option<(conversation::Id, ReadCursor)> {
    match Key::of(row)? {
        Key::ReadCursor(_, conversation) => Some((conversation, ReadCursor::from_item(row))),
        _ => None,
    }
}
