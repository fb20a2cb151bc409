//! Projection of messages on read positions: a sender has read what was there, and their own message.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::domain::conversation;
use crate::domain::user::{self, User};
use crate::server::store::dynamodb::{Table, read_cursors};
use crate::server::stream::change::{Change, Row, SequenceNumber};
use crate::server::stream::projection::{BatchFailure, Projection, work_on_all};

/// Advances the read position of each sender in a batch to their newest message. Usually the web server has done so
/// already: then it costs one read unit per sender and conversation.
pub(super) struct ReadPositions {
    table: Table,
}

impl ReadPositions {
    pub(super) fn new(table: Table) -> Self {
        Self { table }
    }

    async fn advance_all(&self, changes: &[Change]) -> Result<(), BatchFailure> {
        let advances: Vec<_> =
            newest_by_sender(changes).into_iter().map(|(key, newest)| self.advance(key, newest)).collect();
        work_on_all(advances).await
    }

    async fn advance(
        &self,
        (conversation, sender): (conversation::Id, user::Id),
        (seq, sequence_number): (u64, &SequenceNumber),
    ) -> Result<(), BatchFailure> {
        let advanced = read_cursors::advance_read_if_behind(&self.table, sender, conversation, seq).await;
        let Err(failure) = advanced else { return Ok(()) };
        tracing::warn!(%conversation, number = sequence_number.0, "read position not advanced, will retry");
        Err(BatchFailure::at(sequence_number, failure))
    }
}

impl Projection for ReadPositions {
    fn name(&self) -> &'static str {
        "read positions"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        self.advance_all(changes).boxed()
    }
}

/// The newest message of each sender in each conversation that is new or has just got its number. Messages without a
/// number, which the old app wrote, count as read by everyone.
fn newest_by_sender(changes: &[Change]) -> BTreeMap<(conversation::Id, user::Id), (u64, &SequenceNumber)> {
    let mut newest = BTreeMap::new();
    for change in changes {
        let Some(Row::Message(message)) = &change.after else { continue };
        // The names of a deleted user leave their messages last, and must not bring a read position back.
        if message.author == User::deleted(message.author.id)
            || matches!(&change.before, Some(Row::Message(before)) if before.seq == message.seq)
        {
            continue;
        }
        let known = newest.entry((message.conversation, message.author.id)).or_insert((0, &change.sequence_number));
        if message.seq > known.0 {
            *known = (message.seq, &change.sequence_number);
        }
    }
    newest.retain(|_, (seq, _)| *seq > 0);
    newest
}
