//! Consumers of the stream, and the failure that each may report.

use std::cmp::Ordering;

use futures::future::BoxFuture;
use futures::{StreamExt, stream};

use crate::server::failure::Failure;
use crate::server::stream::change::{Change, SequenceNumber};

/// A consumer of the table's changes, such as the move of inbox rows.
///
/// It gets every batch, in any order and more than once: after a failure, of its own or of another projection, the
/// changes from the failed record on arrive again. So its result must depend on the changes only, not on the number or
/// the order of the calls.
pub trait Projection: Send + Sync {
    /// Name for logs and metrics.
    fn name(&self) -> &'static str;

    /// Applies a batch of changes.
    fn apply<'a>(&'a self, changes: &'a [Change]) -> BoxFuture<'a, Result<(), BatchFailure>>;
}

/// Maximum number of parts of a batch that a projection works on at once.
const PARTS_AT_ONCE: usize = 8;

/// Works on the parts of a batch, each of which may fail without holding up the others.
pub(super) async fn work_on_all<F>(parts: Vec<F>) -> Result<(), BatchFailure>
where
    F: Future<Output = Result<(), BatchFailure>>,
{
    let done: Vec<_> = stream::iter(parts).buffer_unordered(PARTS_AT_ONCE).collect().await;
    BatchFailure::lowest(done.into_iter().filter_map(Result::err)).map_or(Ok(()), Err)
}

/// Failure of a batch, with the record from which it must be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFailure {
    /// Lowest sequence number of a record that was not processed.
    pub sequence_number: SequenceNumber,
    /// True if a retry may succeed: DynamoDB is unavailable, or too many attempts conflicted with other writers.
    pub is_transient: bool,
}

impl BatchFailure {
    /// Logs the cause of a failure, and turns it into that of the batch at this record.
    pub fn at(sequence_number: &SequenceNumber, failure: Failure) -> Self {
        let is_transient = matches!(failure, Failure::Unavailable(_));
        failure.into_public();
        Self { sequence_number: sequence_number.clone(), is_transient }
    }

    /// Reduces the failures of a batch to the one with the lowest sequence number. If several have that number, the
    /// result is transient as soon as one of them is: a reader skips a record whose failure stays permanent, and would
    /// skip it for the others, too.
    pub fn lowest(failures: impl IntoIterator<Item = Self>) -> Option<Self> {
        failures.into_iter().reduce(|one, other| {
            match one.sequence_number.sort_key().cmp(&other.sequence_number.sort_key()) {
                Ordering::Less => one,
                Ordering::Equal => Self { is_transient: one.is_transient || other.is_transient, ..one },
                Ordering::Greater => other,
            }
        })
    }
}
