//! The list of the projections.

use std::sync::Arc;

use crate::server::store::dynamodb::Table;
use crate::server::stream::projection::Projection;
use crate::server::stream::projections::damaged_rows::DamagedRows;
use crate::server::stream::projections::deleted_texts::DeletedTexts;
use crate::server::stream::projections::inbox::Inbox;
use crate::server::stream::projections::old_messages::{OldMessages, Publish};
use crate::server::stream::projections::read_positions::ReadPositions;

/// Returns all projections. The web server's reader and the Lambda function both feed this list.
pub fn all(table: &Table) -> Vec<Box<dyn Projection>> {
    publishing(table, Arc::new(|_| {}))
}

/// Returns all projections for a web server, which publishes the messages of the old app to open pages.
pub fn publishing(table: &Table, publish: Publish) -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(OldMessages::new(table.clone(), publish)),
        Box::new(Inbox::new(table.clone())),
        Box::new(ReadPositions::new(table.clone())),
        Box::new(DamagedRows::new(table.clone())),
        Box::new(DeletedTexts::new(table.clone())),
    ]
}
