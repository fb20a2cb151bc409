//! Milestones of a conversation: a sparse index from sequence numbers to times.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::rows::{MessageRow, Milestone};
use crate::server::store::dynamodb::table::Key;
use crate::server::store::dynamodb::{Table, into_failure};

/// Distance of the milestones: the 65th message of a conversation has the first one, the 129th the second, and so on.
/// The first message needs none: it is where the conversation begins.
pub(super) const STEP: u64 = 64;

/// Part of the transaction that stores a message: puts its milestone. `None` if it has none. Two write units.
pub(super) fn put(table: &Table, row: &MessageRow) -> Result<Option<TransactWriteItem>, Failure> {
    if row.seq <= 1 || row.seq % STEP != 1 {
        return Ok(None);
    }
    let milestone = Milestone { conversation: row.conversation, seq: row.seq, at: row.at.clone() };
    let put = Put::builder().table_name(table.name()).set_item(Some(milestone.item())).build()?;
    Ok(Some(TransactWriteItem::builder().put(put).build()))
}

/// Returns the first milestone at or after a sequence number. `None` if it does not exist: the messages there were
/// stored by a version without milestones, or have not been sent yet. Half a read unit: a milestone never changes, and
/// one that an eventually consistent read misses is very new.
pub(super) async fn at_or_after(
    table: &Table,
    conversation: conversation::Id,
    seq: u64,
) -> Result<Option<Milestone>, Failure> {
    let Some(seq) = seq.max(2).saturating_sub(1).checked_next_multiple_of(STEP).and_then(|it| it.checked_add(1)) else {
        return Ok(None);
    };
    let key = Key::Milestone(conversation, seq).item();
    let request = table.client().get_item().table_name(table.name()).set_key(Some(key));
    let answer = request.send().await.map_err(into_failure("read a milestone"))?;
    Ok(answer.item.as_ref().and_then(Milestone::from_item))
}
