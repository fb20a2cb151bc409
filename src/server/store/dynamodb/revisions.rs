//! Reading the changes of a conversation, through its revisions.

use std::collections::{BTreeSet, HashMap};

use crate::domain::changes::{CHANGES_MAX, Changes};
use crate::domain::conversation;
use crate::domain::message;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::messages::Messages;
use crate::server::store::dynamodb::rows::{MessageRow, Revision};
use crate::server::store::dynamodb::table::{Key, REVISION_PREFIX};
use crate::server::store::dynamodb::{Table, into_failure, quotes, references};

/// Sorts after every revision, and before every sort key that begins with a letter after `R`.
const END: &str = "REV#:";

impl Messages {
    /// Returns the changes after a revision, at most [`CHANGES_MAX`]. One read unit per about 30 revisions, and one per
    /// changed message and quote.
    pub async fn changes_after(&self, membership: &Membership, rev: u64) -> Result<Changes, Failure> {
        let newest = membership.rev();
        let trimmed = Changes { messages: Vec::new(), rev: newest, has_more: false, is_trimmed: true };
        if rev > newest {
            // The table has been restored from a backup since.
            return Ok(trimmed);
        }
        let (table, conversation) = (self.table(), membership.conversation());
        let found = after(table, conversation, rev, CHANGES_MAX).await?;
        // Revisions have no gaps, and expire in any order.
        let is_whole = found.iter().zip(rev + 1..).all(|(revision, expected)| revision.rev == expected);
        let last = found.last().map_or(rev, |last| last.rev);
        let has_more = found.len() == CHANGES_MAX;
        if !is_whole || (!has_more && last < newest) {
            return Ok(trimmed);
        }
        let messages = quotes::messages(table, changed_rows(table, conversation, found).await?).await?;
        Ok(Changes { messages, rev: last, has_more, is_trimmed: false })
    }
}

/// Returns the changed messages, each once.
async fn changed_rows(
    table: &Table,
    conversation: conversation::Id,
    revisions: Vec<Revision>,
) -> Result<Vec<MessageRow>, Failure> {
    let mut absent: HashMap<message::Id, Revision> =
        revisions.into_iter().map(|revision| (revision.message, revision)).collect();
    let times: BTreeSet<_> = absent.values().map(|revision| revision.at.clone()).collect();
    let keys = times.into_iter().map(|at| Key::Message(conversation, at).item()).collect();
    let found = table.batch_get(keys, "read changed messages").await?;
    let mut rows: Vec<_> = found.iter().filter_map(MessageRow::from_item).collect();
    rows.retain(|row| absent.remove(&row.id).is_some());
    for revision in absent.values() {
        // Its key has changed since.
        rows.extend(references::find(table, conversation, &revision.reference()).await?);
    }
    Ok(rows)
}

/// Returns up to `count` revisions after `rev`, in order, strongly consistent. One read unit per about 30 revisions.
async fn after(
    table: &Table,
    conversation: conversation::Id,
    rev: u64,
    count: usize,
) -> Result<Vec<Revision>, Failure> {
    let first = format!("{REVISION_PREFIX}{:012}", rev + 1);
    let request =
        table.query_by_range(Key::messages(conversation), [&first, END]).limit(count.try_into().unwrap_or(i32::MAX));
    let answer = request.send().await.map_err(into_failure("read the changes of a conversation"))?;
    Ok(answer.items().iter().filter_map(Revision::from_item).collect())
}
