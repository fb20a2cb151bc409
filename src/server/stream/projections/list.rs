//! The list of the projections.

use crate::server::store::dynamodb::Table;
use crate::server::stream::projection::Projection;
use crate::server::stream::projections::inbox::Inbox;
use crate::server::stream::projections::read_positions::ReadPositions;

/// Returns all projections. The web server's reader and the Lambda function both feed this list.
pub fn all(table: &Table) -> Vec<Box<dyn Projection>> {
    vec![Box::new(Inbox::new(table.clone())), Box::new(ReadPositions::new(table.clone()))]
}
