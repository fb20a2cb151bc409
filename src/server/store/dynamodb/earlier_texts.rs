//! Earlier texts of edited messages: reading them, and removing them with the message.

use futures::future::try_join_all;

use crate::domain::{conversation, message};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::EarlierText;
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::{Table, into_failure};

/// Returns the earlier texts of a message, the oldest first, strongly consistent. One read unit per 4 KB.
pub(super) async fn of_message(
    table: &Table,
    conversation: conversation::Id,
    message: message::Id,
) -> Result<Vec<EarlierText>, Failure> {
    let query = table.query_by_prefix(Key::messages(conversation), Key::earlier_texts(message));
    let rows = query.into_paginator().items().send().try_collect().await;
    let rows = rows.map_err(into_failure("read the earlier texts of a message"))?;
    Ok(rows.iter().filter_map(EarlierText::from_item).collect())
}

/// Removes the earlier texts of a deleted message. No edit can add another one. Safe to repeat. One write unit for each
/// KB of each text.
pub async fn remove(table: &Table, conversation: conversation::Id, message: message::Id) -> Result<(), Failure> {
    let texts = of_message(table, conversation, message).await?;
    let removals = texts.into_iter().map(|text| async move {
        let key = Key::EarlierText(conversation, text.message, text.edits);
        let request = table.client().delete_item().table_name(table.name()).set_key(Some(key.item()));
        request.send().await.map_err(into_failure("remove an earlier text"))
    });
    try_join_all(removals).await.map(drop)
}
