//! Projection that makes messages of the old app messages of ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::domain::conversation;
use crate::server::failure::Failure;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::legacy::numbering::{self, Numbered};
use crate::server::store::dynamodb::rows::MessageRow;
use crate::server::stream::change::{Change, Row, SequenceNumber};
use crate::server::stream::projection::{BatchFailure, Projection, work_on_all};

/// Publishes a message of the old app that has a number now.
pub type Publish = Arc<dyn Fn(Numbered) + Send + Sync>;

/// Numbers each message of the old app in a batch ([`numbering::number`]), and publishes it. The messages of this
/// program have a number from the beginning, so none of them is published twice.
pub(super) struct OldMessages {
    table: Table,
    publish: Publish,
}

impl OldMessages {
    pub(super) fn new(table: Table, publish: Publish) -> Self {
        Self { table, publish }
    }

    async fn number_all(&self, changes: &[Change]) -> Result<(), BatchFailure> {
        let conversations: Vec<_> =
            unnumbered(changes).into_values().map(|messages| self.number_in_order(messages)).collect();
        work_on_all(conversations).await
    }

    /// Numbers the messages of one conversation, one after the other.
    async fn number_in_order(&self, messages: Vec<Unnumbered<'_>>) -> Result<(), BatchFailure> {
        for (message, sequence_number) in messages {
            if let Err(failure) = self.number(message).await {
                let conversation = message.conversation;
                tracing::warn!(%conversation, number = sequence_number.0, "old message not numbered, will retry");
                return Err(BatchFailure::at(sequence_number, failure));
            }
        }
        Ok(())
    }

    async fn number(&self, message: &MessageRow) -> Result<(), Failure> {
        if let Some(numbered) = numbering::number(&self.table, message).await? {
            (self.publish)(numbered);
        }
        Ok(())
    }
}

impl Projection for OldMessages {
    fn name(&self) -> &'static str {
        "old messages"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        self.number_all(changes).boxed()
    }
}

/// A message without a number, with its record's position.
type Unnumbered<'a> = (&'a MessageRow, &'a SequenceNumber);

/// The messages without a number, by conversation and in the order of the batch, in which they were written.
fn unnumbered(changes: &[Change]) -> BTreeMap<conversation::Id, Vec<Unnumbered<'_>>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in changes {
        if let Some(Row::Message(message)) = &change.after
            && message.seq == 0
        {
            all.entry(message.conversation).or_default().push((message, &change.sequence_number));
        }
    }
    all
}
