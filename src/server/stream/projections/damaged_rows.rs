//! Projection that repairs inbox rows which the old app's stream handler has put back without our attributes.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::domain::conversation;
use crate::server::store::dynamodb::Table;
use crate::server::store::dynamodb::inbox::repair_inbox_rows;
use crate::server::store::dynamodb::rows::InboxRow;
use crate::server::stream::change::{Change, Row, SequenceNumber};
use crate::server::stream::projection::{BatchFailure, Projection, work_on_all};

/// Repairs the inbox rows of a conversation of ours in which a row without a sequence number appears. The old stream
/// handler copies only the attributes that it knows, and may do so after this program has moved the row.
///
/// Costs one read unit per conversation that only the old app has used, and two per other conversation, besides the
/// repair itself.
pub(super) struct DamagedRows {
    table: Table,
}

impl DamagedRows {
    pub(super) fn new(table: Table) -> Self {
        Self { table }
    }

    async fn repair_all(&self, changes: &[Change]) -> Result<(), BatchFailure> {
        let repairs: Vec<_> = damaged_rows(changes)
            .into_iter()
            .map(|(conversation, damaged)| self.repair(conversation, damaged))
            .collect();
        work_on_all(repairs).await
    }

    async fn repair(&self, conversation: conversation::Id, damaged: Damaged<'_>) -> Result<(), BatchFailure> {
        let repaired = repair_inbox_rows(&self.table, conversation, &damaged.rows).await;
        let Err(failure) = repaired else { return Ok(()) };
        tracing::warn!(%conversation, number = damaged.first.0, "inbox rows not repaired, will retry");
        Err(BatchFailure::at(damaged.first, failure))
    }
}

impl Projection for DamagedRows {
    fn name(&self) -> &'static str {
        "damaged rows"
    }

    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>> {
        self.repair_all(changes).boxed()
    }
}

/// Rows of one conversation without a sequence number, with the position of the first of them.
struct Damaged<'a> {
    rows: Vec<InboxRow>,
    first: &'a SequenceNumber,
}

fn damaged_rows(changes: &[Change]) -> BTreeMap<conversation::Id, Damaged<'_>> {
    let mut damaged = BTreeMap::new();
    for change in changes {
        let Some(Row::Inbox(row)) = &change.after else { continue };
        if row.seq == 0 {
            let first = &change.sequence_number;
            let known = damaged.entry(row.conversation).or_insert_with(|| Damaged { rows: Vec::new(), first });
            known.rows.push(row.clone());
        }
    }
    damaged
}
