//! Heads of conversations: reading them, and the members whom only they name.

use std::collections::HashMap;

use crate::domain::{conversation, user};
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::rows::{Head, InboxRow};
use crate::server::store::dynamodb::table::Key;

/// Reads the current head of a conversation, strongly consistent. One read unit.
pub(super) async fn get(table: &Table, conversation: conversation::Id) -> Result<Option<Head>, Failure> {
    Ok(table.get(&Key::Head(conversation)).await?.as_ref().and_then(Head::from_item))
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
