//! A batch of changes, handed to every projection.

use futures::future::join_all;

use crate::server::stream::change::Change;
use crate::server::stream::projection::{BatchFailure, Projection};

/// Hands `changes`, which may come in any order and more than once, to every projection. A projection that fails does
/// not keep the others from running; the error names the record to resume from.
pub async fn apply(projections: &[Box<dyn Projection>], changes: &[Change]) -> Result<(), BatchFailure> {
    let results = join_all(projections.iter().map(|projection| run(projection.as_ref(), changes))).await;
    BatchFailure::lowest(results.into_iter().filter_map(Result::err)).map_or(Ok(()), Err)
}

async fn run(projection: &dyn Projection, changes: &[Change]) -> Result<(), BatchFailure> {
    let result = projection.apply(changes).await;
    if let Err(failed) = &result {
        let number = &failed.sequence_number.0;
        tracing::warn!(projection = projection.name(), number, "projection failed, will retry");
    }
    result
}
