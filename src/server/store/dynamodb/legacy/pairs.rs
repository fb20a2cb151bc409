//! Which conversation two people go on with.

use futures::future::try_join_all;
use time::OffsetDateTime;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::backoff::Tries;
use crate::server::store::dynamodb::inbox::lookup;
use crate::server::store::dynamodb::legacy::{ends, heads};
use crate::server::store::dynamodb::rows;
use crate::server::store::dynamodb::table::MESSAGE_GROUP_UUID;

/// What conversations of two people are sorted by: the first goes on. By their oldest message; those without one come last.
pub(super) type Age = (bool, OffsetDateTime, conversation::Id);

/// The age of a conversation that begins then.
pub(super) fn age(conversation: conversation::Id, beginning: Option<OffsetDateTime>) -> Age {
    (beginning.is_none(), beginning.unwrap_or(OffsetDateTime::UNIX_EPOCH), conversation)
}

async fn read_age(table: &Table, conversation: conversation::Id) -> Result<Age, Failure> {
    Ok(age(conversation, ends::beginning(table, conversation).await?))
}

/// Finds the oldest conversation of two people by their lists, and makes it their pair. Either of the two rows may be lost.
pub(super) async fn find(table: &Table, one: user::Id, other: user::Id) -> Result<Option<conversation::Id>, Failure> {
    let (ours, theirs) = tokio::try_join!(lookup::about(table, one, other), lookup::about(table, other, one))?;
    let listed = [ours, theirs].concat();
    let mut found: Vec<_> = listed.iter().map(|row| row.conversation).collect();
    found.sort_unstable();
    found.dedup();
    let mut ages = try_join_all(found.into_iter().map(|conversation| read_age(table, conversation))).await?;
    ages.sort_unstable();
    for (_, _, conversation) in ages {
        // The index may not show what the lists have shown.
        let known: Vec<_> = listed.iter().filter(|row| row.conversation == conversation).cloned().collect();
        let head = heads::find_or_make(table, conversation, one, &known).await?;
        // A row that names the two may be contradicted by another one of the same conversation.
        if head.is_some_and(|head| head.members.contains(&one) && head.members.contains(&other)) {
            return put(table, one, other, conversation).await.map(|(conversation, _)| Some(conversation));
        }
    }
    Ok(None)
}

/// Makes this the conversation that two people go on with, unless they have one; answers with the one they have, and
/// whether it has just become it.
pub(super) async fn put(
    table: &Table,
    one: user::Id,
    other: user::Id,
    conversation: conversation::Id,
) -> Result<(conversation::Id, bool), Failure> {
    let mut tries = Tries::default();
    loop {
        let part = table.put_if_absent(rows::pair(one, other, conversation))?;
        let Err(refusal) = table.transact(vec![part]).await? else { return Ok((conversation, true)) };
        if let Some(there) = refusal.row(0).and_then(|row| rows::parse(row, MESSAGE_GROUP_UUID)) {
            return Ok((there, false));
        }
        tries.wait_by(table.clock(), "settle which conversation two people go on with").await?;
    }
}
