//! Reports of delivered messages. Runs in the browser only.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::{self, Conversation};
use crate::domain::user;
use crate::ui::state::InboxRows;

/// Reports to the server which messages have reached this page. The server informs their senders.
#[derive(Clone, Copy)]
pub(super) struct DeliveryReports {
    /// The last reported sequence number of each conversation.
    reported: StoredValue<HashMap<conversation::Id, u64>>,
    reporting: StoredValue<bool>,
}

impl DeliveryReports {
    /// Starts without reports.
    pub(super) fn new() -> Self {
        Self { reported: StoredValue::new(HashMap::new()), reporting: StoredValue::new(false) }
    }

    /// Reports the unread messages of `rows`, one conversation at a time. A failed report is retried at the next
    /// change.
    pub(super) fn report(self, me: user::Id, rows: RwSignal<InboxRows>) {
        if self.next(me, rows).is_none() || self.reporting.try_get_value() != Some(false) {
            return;
        }
        self.reporting.set_value(true);
        spawn_local(async move {
            while let Some((conversation, seq)) = self.next(me, rows) {
                if api::mark_delivered(conversation, seq).await.is_err() {
                    break;
                }
                self.reported.try_update_value(|reported| reported.insert(conversation, seq));
            }
            let _ = self.reporting.try_set_value(false);
        });
    }

    fn next(self, me: user::Id, rows: RwSignal<InboxRows>) -> Option<(conversation::Id, u64)> {
        let reported = self.reported.try_get_value()?;
        let is_unreported = |row: &&Conversation| {
            row.unread() > 0
                && row.last_author.is_some_and(|author| author != me)
                && reported.get(&row.id).is_none_or(|reported| *reported < row.seq)
        };
        let unreported = |rows: &InboxRows| rows.rows().iter().find(is_unreported).map(|row| (row.id, row.seq));
        rows.try_with_untracked(unreported).flatten()
    }
}
