//! Read cursors of members that were read with the head of their conversation.

use std::collections::HashMap;

use crate::domain::user;
use crate::server::store::dynamodb::rows::ReadCursor;

/// Read cursors of some members of one conversation.
#[derive(Debug, Default)]
pub struct MemberCursors(pub(super) HashMap<user::Id, ReadCursor>);

impl MemberCursors {
    /// Returns a member's cursor; `None` if it was not read.
    pub fn get(&self, reader: user::Id) -> Option<ReadCursor> {
        self.0.get(&reader).copied()
    }
}
