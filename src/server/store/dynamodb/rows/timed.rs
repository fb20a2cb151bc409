//! Rows with a time as their sort key.

use uuid::Uuid;

use crate::server::store::dynamodb::rows::{InboxRow, MessageRow};
use crate::server::store::dynamodb::table::SortTime;

/// A row with a time as its sort key.
pub(in crate::server::store::dynamodb) trait Timed: Clone {
    fn at(&self) -> &SortTime;

    /// Id of the message or conversation that the row stands for. A page shows each of them once, however many rows it
    /// has.
    fn entity_id(&self) -> Uuid;
}

impl Timed for MessageRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn entity_id(&self) -> Uuid {
        self.id.0
    }
}

impl Timed for InboxRow {
    fn at(&self) -> &SortTime {
        &self.at
    }

    fn entity_id(&self) -> Uuid {
        self.conversation.0
    }
}
