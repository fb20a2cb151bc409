//! The newest state of each conversation that the page's inbox has shown.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::domain::conversation::{self, Conversation};
use crate::ui::state::InboxRows;

#[derive(Default)]
pub(super) struct ShownRows(HashMap<conversation::Id, Conversation>);

impl ShownRows {
    /// Checks that the rows are in order, that no row is older than it has been, and that none is gone.
    pub(super) fn check(&mut self, inbox: &InboxRows) -> Result<(), TestCaseError> {
        let rows = inbox.rows();
        for pair in rows.windows(2) {
            prop_assert!(pair[0].last_sent_at > pair[1].last_sent_at, "newest first, and none twice: {pair:?}");
        }
        for row in rows {
            if let Some(shown) = self.0.insert(row.id, row.clone()) {
                let is_same = (row.seq, row.version) == (shown.seq, shown.version) && row.preview == shown.preview;
                let is_newer = (row.seq, row.version) > (shown.seq, shown.version) || is_same;
                let never_back = row.last_sent_at >= shown.last_sent_at && row.read >= shown.read;
                let keeps_marks = row.marked >= shown.marked && row.unmarked >= shown.unmarked;
                prop_assert!(is_newer && never_back && keeps_marks, "{row:?} was shown as {shown:?}");
            }
        }
        let is_listed = |shown: &Conversation| rows.iter().any(|row| row.id == shown.id);
        let is_below = |shown: &Conversation| {
            inbox.older().is_some() && rows.last().is_some_and(|last| shown.last_sent_at < last.last_sent_at)
        };
        let gone = self.0.values().find(|shown| !is_listed(shown) && !is_below(shown));
        prop_assert!(gone.is_none() || inbox.is_incomplete(), "{gone:?} is gone, and is not pulled");
        Ok(())
    }
}
