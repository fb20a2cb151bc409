//! The peer's receipts, pushed by events or pulled.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::Receipts;
use crate::domain::event::Event;
use crate::ui::state::open_conversation::OpenConversation;

impl OpenConversation {
    /// Applies what an event says about the peer's receipts.
    pub(super) fn handle_receipts(self, event: &Event) {
        if let Some(receipts) = event.receipts(self.id, self.me) {
            self.merge_receipts(receipts);
        }
        if *event == Event::Resync {
            self.pull_receipts();
        }
    }

    fn merge_receipts(self, receipts: Receipts) {
        let merged = self.receipts.try_get_untracked().flatten().map(|known| known.merged(receipts));
        if merged.is_some() {
            self.receipts.try_set(merged);
        }
    }

    /// Pulls the receipts, and merges them with those of events that came meanwhile. The response is `None` if either
    /// member has turned receipts off since.
    fn pull_receipts(self) {
        spawn_local(async move {
            let Ok(response) = api::find_receipts(self.id).await else { return };
            let known = self.receipts.try_get_untracked().flatten().unwrap_or_default();
            self.receipts.try_set(response.map(|response| response.merged(known)));
        });
    }
}
