//! Choice of the conversation that two users continue.

use anyhow::anyhow;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures::future::try_join_all;
use time::OffsetDateTime;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Backoff;
use crate::server::store::dynamodb::inbox::rows as inbox_rows;
use crate::server::store::dynamodb::legacy::{ends, heads};
use crate::server::store::dynamodb::rows::Pair;
use crate::server::store::dynamodb::table::{Key, MESSAGE_GROUP_UUID, PK, text};

/// Sort key of a pair's conversations, of which the first is continued. Sorts by the oldest message, and conversations
/// without messages last.
pub type Age = (bool, OffsetDateTime, conversation::Id);

/// Returns the sort key of a conversation whose oldest message has this time.
pub fn age(conversation: conversation::Id, beginning: Option<OffsetDateTime>) -> Age {
    (beginning.is_none(), beginning.unwrap_or(OffsetDateTime::UNIX_EPOCH), conversation)
}

async fn read_age(table: &Table, conversation: conversation::Id) -> Result<Age, Failure> {
    Ok(age(conversation, ends::beginning(table, conversation).await?))
}

/// Returns the conversation in the pair row of two users. One read unit. A row of an earlier version is rewritten,
/// which takes it out of the index of the inbox rows.
pub async fn get(table: &Table, one: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
    let key = Key::Pair(one, other);
    let Some(item) = table.get(&key).await? else { return Ok(None) };
    let conversation = Pair::from_item(&item).map(|pair| pair.conversation);
    if let Some(conversation) = conversation.filter(|_| Pair::is_in_index(&item)) {
        rewrite(table, one, other, conversation).await?;
    }
    Ok(conversation)
}

/// Rewrites the pair row of an earlier version, unless it has changed. Two write units, in a transaction.
pub async fn rewrite(
    table: &Table,
    one: user::Id,
    other: user::Id,
    conversation: conversation::Id,
) -> Result<(), Failure> {
    let put = Put::builder()
        .table_name(table.name())
        .set_item(Some(Pair { conversation }.item(one, other)))
        .condition_expression(format!("{MESSAGE_GROUP_UUID} = :conversation"))
        .expression_attribute_values(":conversation", AttributeValue::S(conversation.to_string()));
    // Refused if another server has rewritten the row, or if the old stream handler has deleted it.
    let _ = table.transact(vec![TransactWriteItem::builder().put(put.build()?).build()]).await?;
    Ok(())
}

/// Finds the oldest conversation of two users in their inboxes, and stores it as their pair. One of its two inbox rows
/// may be missing.
///
/// No index finds it: both users' inboxes are read to the end, at one read unit for about eight conversations. Two
/// users without a pair row have no conversation, or one that the old app started, or the old app's stream handler has
/// deleted their row.
pub async fn find(table: &Table, one: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
    let (ours, theirs) =
        tokio::try_join!(inbox_rows::by_peer(table, one, other), inbox_rows::by_peer(table, other, one))?;
    let listed = [ours, theirs].concat();
    let mut found: Vec<_> = listed.iter().map(|row| row.conversation).collect();
    found.sort_unstable();
    found.dedup();
    let mut ages = try_join_all(found.into_iter().map(|conversation| read_age(table, conversation))).await?;
    ages.sort_unstable();
    for (_, _, conversation) in ages {
        // The index may not show yet the rows that the inboxes have.
        let known: Vec<_> = listed.iter().filter(|row| row.conversation == conversation).cloned().collect();
        let head = heads::find_or_create(table, conversation, one, &known).await?;
        // Another inbox row of the same conversation may contradict a row that names the two.
        let pair = head.and_then(|head| head.pair());
        if pair.is_some_and(|pair| pair.contains(&one) && pair.contains(&other)) {
            return put(table, one, other, conversation).await.map(|(conversation, _)| Some(conversation));
        }
    }
    Ok(None)
}

/// Stores a conversation as the pair of two users, unless they have one. Returns their conversation, and `true` if it
/// has just been stored.
pub async fn put(
    table: &Table,
    one: user::Id,
    other: user::Id,
    conversation: conversation::Id,
) -> Result<(conversation::Id, bool), Failure> {
    let mut backoff = Backoff::default();
    loop {
        let part = table.put_if_absent(Pair { conversation }.item(one, other))?;
        let Err(cancelled) = table.transact(vec![part]).await? else { return Ok((conversation, true)) };
        if let Some(row) = cancelled.existing_row(0) {
            let unreadable = || anyhow!("the pair row {:?} cannot be read: correct or delete it", text(row, PK));
            return Ok((Pair::from_item(row).ok_or_else(unreadable)?.conversation, false));
        }
        backoff.wait_with(table.clock(), "store the pair of two users").await?;
    }
}
