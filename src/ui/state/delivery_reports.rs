//! Reports of delivered messages. Runs in the browser only.

use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::{self, Conversation};
use crate::domain::user;
use crate::ui::state::InboxRows;

/// Delay of a report. A message that is read within this time needs none, because the read position tells more.
const DELAY: Duration = Duration::from_millis(500);

/// Reports to the server which messages have reached this page. The server informs their senders.
#[derive(Clone, Copy)]
pub(super) struct DeliveryReports {
    /// The last reported sequence number of each conversation.
    reported: StoredValue<HashMap<conversation::Id, u64>>,
    reporting: StoredValue<bool>,
    /// The rows that the page shows.
    rows: StoredValue<Option<RwSignal<InboxRows>>>,
}

impl DeliveryReports {
    /// Starts without reports.
    pub(super) fn new() -> Self {
        Self {
            reported: StoredValue::new(HashMap::new()),
            reporting: StoredValue::new(false),
            rows: StoredValue::new(None),
        }
    }

    /// Reports the unread messages of `rows` after a moment, one conversation at a time. A failed report is retried at
    /// the next change.
    pub(super) fn report(self, me: user::Id, rows: RwSignal<InboxRows>) {
        self.rows.set_value(Some(rows));
        if self.next(me).is_none() || self.reporting.try_get_value() != Some(false) {
            return;
        }
        self.reporting.set_value(true);
        set_timeout(move || self.send(me), DELAY);
    }

    fn send(self, me: user::Id) {
        spawn_local(async move {
            while let Some((conversation, seq)) = self.next(me) {
                if api::mark_delivered(conversation, seq).await.is_err() {
                    break;
                }
                self.reported.try_update_value(|reported| reported.insert(conversation, seq));
            }
            let _ = self.reporting.try_set_value(false);
        });
    }

    fn next(self, me: user::Id) -> Option<(conversation::Id, u64)> {
        let (rows, reported) = (self.rows.try_get_value()??, self.reported.try_get_value()?);
        let is_unreported = |row: &&Conversation| {
            row.unread() > 0
                && row.last_author.is_some_and(|author| author != me)
                && row.delivered.max(reported.get(&row.id).copied().unwrap_or_default()) < row.seq
        };
        let unreported = |rows: &InboxRows| rows.rows().iter().find(is_unreported).map(|row| (row.id, row.seq));
        rows.try_with_untracked(unreported).flatten()
    }
}
