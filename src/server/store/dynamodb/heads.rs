//! Heads of conversations: reading them, and the members whom only they name.

use std::collections::HashMap;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::rows::{Head, InboxRow, ReadCursor};
use crate::server::store::dynamodb::table::{Item, Key};

/// Reads the current head of a conversation, strongly consistent. One read unit.
pub(super) async fn get(table: &Table, conversation: conversation::Id) -> Result<Option<Head>, Failure> {
    let row = table.get(&Key::Head(conversation)).await?;
    Ok(decode_and_keep(table, conversation, row.as_ref()).await)
}

/// Returns the head of a row that has just been read, and keeps it as a hint.
async fn decode_and_keep(table: &Table, conversation: conversation::Id, row: Option<&Item>) -> Option<Head> {
    let head = Head::from_item(row?)?;
    table.hints().keep_head(conversation, head.clone()).await;
    Some(head)
}

/// Reads the current head of a conversation, and the cursors of these readers that exist, in one batch, strongly
/// consistent. One read unit each.
pub(super) async fn get_with_cursors(
    table: &Table,
    conversation: conversation::Id,
    readers: &[user::Id],
) -> Result<(Option<Head>, HashMap<user::Id, ReadCursor>), Failure> {
    let keys = readers.iter().map(|reader| Key::ReadCursor(*reader, conversation));
    let (head, rows) = get_with(table, conversation, keys).await?;
    let decode = |row| match Key::of(row)? {
        Key::ReadCursor(reader, _) => Some((reader, ReadCursor::from_item(row))),
        _ => None,
    };
    Ok((head, rows.iter().filter_map(decode).collect()))
}

/// Like [`get_with_cursors`], with another row.
pub(super) async fn get_with_row(
    table: &Table,
    conversation: conversation::Id,
    key: Option<Key>,
) -> Result<(Option<Head>, Option<Item>), Failure> {
    let (head, mut rows) = get_with(table, conversation, key.into_iter()).await?;
    Ok((head, rows.pop()))
}

async fn get_with(
    table: &Table,
    conversation: conversation::Id,
    others: impl Iterator<Item = Key>,
) -> Result<(Option<Head>, Vec<Item>), Failure> {
    let others: Vec<_> = others.map(|key| key.item()).collect();
    if others.is_empty() {
        return Ok((get(table, conversation).await?, others));
    }
    let keys = [vec![Key::Head(conversation).item()], others].concat();
    let rows = table.batch_get(keys, "read a head with other rows").await?;
    let is_head = |row: &Item| Key::of(row) == Some(Key::Head(conversation));
    let (heads, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_head);
    Ok((decode_and_keep(table, conversation, heads.first()).await, others))
}

/// Reads the heads of these conversations (at most 100), without those that do not exist. One read unit each.
pub(super) async fn get_many(
    table: &Table,
    conversations: impl IntoIterator<Item = conversation::Id>,
) -> Result<HashMap<conversation::Id, Head>, Failure> {
    let keys: HashMap<_, _> = conversations.into_iter().map(|id| (id, Key::Head(id).item())).collect();
    let rows = table.batch_get(keys.into_values().collect(), "read some heads").await?;
    let decode = |row| match Key::of(row)? {
        Key::Head(conversation) => Some((conversation, Head::from_item(row)?)),
        _ => None,
    };
    Ok(rows.iter().filter_map(decode).collect())
}

/// Returns the members of the conversations of these rows (at most 100) of one inbox. A direct conversation's row names
/// both. The members of a group are in its head: one read unit per group.
pub(super) async fn members_of(
    table: &Table,
    rows: &[InboxRow],
) -> Result<HashMap<conversation::Id, Vec<user::Id>>, Failure> {
    let groups = rows.iter().filter(|row| row.peer().is_none()).map(|row| row.conversation);
    let heads = get_many(table, groups).await?;
    let mut members: HashMap<_, _> = heads.into_iter().map(|(id, head)| (id, head.members().ids().to_vec())).collect();
    for row in rows {
        if let Some(peer) = row.peer() {
            members.insert(row.conversation, vec![row.owner, peer.id]);
        }
    }
    Ok(members)
}
