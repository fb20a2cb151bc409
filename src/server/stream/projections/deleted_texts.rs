//! Projection that removes the earlier texts of deleted messages.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::store::dynamodb::{Table, earlier_texts};
use crate::server::stream::change::{Change, Row, SequenceNumber};
use crate::server::stream::projection::{BatchFailure, Projection, work_on_all};

/// Removes the earlier texts of each message that has been deleted in a batch. The web server does so before it
/// answers; this is for the case that it has died in between.
///
/// Costs half a read unit per deleted message, and a write unit for each text that is left.
pub(super) struct DeletedTexts {
    table: Table,
}

impl DeletedTexts {
    pub(super) fn new(table: Table) -> Self {
        Self { table }
    }

    async fn remove_all(&self, changes: &[Change]) -> Result<(), BatchFailure> {
        let deleted = changes.iter().filter_map(|change| match &change.after {
            Some(Row::Message(message)) if message.deleted_at.is_some() => Some((message, &change.sequence_number)),
            _ => None,
        });
        work_on_all(deleted.map(|(message, number)| self.remove(message, number)).collect()).await
    }

    async fn remove(&self, message: &MessageRow, number: &SequenceNumber) -> Result<(), BatchFailure> {
        let removed = earlier_texts::remove(&self.table, message.conversation, message.id).await;
        let Err(failure) = removed else { return Ok(()) };
        let conversation = message.conversation;
        tracing::warn!(%conversation, number = number.0, "texts of a deleted message not removed, will retry");
        Err(BatchFailure::at(number, failure))
    }
}

impl Projection for DeletedTexts {
    fn name(&self) -> &'static str {
        "deleted texts"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        self.remove_all(changes).boxed()
    }
}
