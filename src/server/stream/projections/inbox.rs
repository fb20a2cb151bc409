//! Projection of messages on inbox rows: moves the members' rows to the newest message of a conversation.

use std::collections::HashMap;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::domain::conversation;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::inbox::moves::move_inbox_rows;
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::stream::change::{Change, Row, SequenceNumber};
use crate::server::stream::projection::{BatchFailure, Projection, work_on_all};

/// Moves the inbox rows for every message in a batch, or gives them the newer text of a message that has been edited or
/// deleted. Skips changes that leave no message, and messages of a conversation with a newer one in the batch.
///
/// A conversation that fails does not hold up the others. Costs one query per conversation, and the writes of
/// [`move_inbox_rows`].
pub(super) struct Inbox {
    table: Table,
}

impl Inbox {
    pub(super) fn new(table: Table) -> Self {
        Self { table }
    }

    async fn move_all(&self, changes: &[Change]) -> Result<(), BatchFailure> {
        let moves: Vec<_> =
            newest_by_conversation(changes).into_iter().map(|newest| newest.move_rows(&self.table)).collect();
        work_on_all(moves).await
    }
}

impl Projection for Inbox {
    fn name(&self) -> &'static str {
        "inbox"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        self.move_all(changes).boxed()
    }
}

/// Newest message of a conversation in a batch, with its record's position.
struct NewestMessage<'a> {
    message: &'a MessageRow,
    sequence_number: &'a SequenceNumber,
}

impl NewestMessage<'_> {
    async fn move_rows(self, table: &Table) -> Result<(), BatchFailure> {
        let conversation = self.message.conversation;
        let Err(failure) = move_inbox_rows(table, self.message).await else { return Ok(()) };
        tracing::warn!(%conversation, number = self.sequence_number.0, "inbox rows not moved, will retry");
        Err(BatchFailure::at(self.sequence_number, failure))
    }
}

/// In the order of the batch, so that earlier records are processed first.
fn newest_by_conversation(changes: &[Change]) -> Vec<NewestMessage<'_>> {
    let mut all: Vec<NewestMessage<'_>> = Vec::new();
    let mut indexes: HashMap<conversation::Id, usize> = HashMap::new();
    for change in changes {
        let Some(Row::Message(message)) = &change.after else { continue };
        let next = NewestMessage { message, sequence_number: &change.sequence_number };
        match indexes.get(&message.conversation) {
            Some(&index) => {
                // Each sender chooses a time after that of the previous message, so the later message is newer. A
                // message of the old app gets its number later, and may keep its time. Of two states of a message, the
                // one with the newer text counts, in whatever order their records come.
                let order = |message: &MessageRow| (message.at.at(), message.seq, message.version());
                if order(all[index].message) < order(message) {
                    all[index] = next;
                }
            }
            None => {
                indexes.insert(message.conversation, all.len());
                all.push(next);
            }
        }
    }
    all
}
