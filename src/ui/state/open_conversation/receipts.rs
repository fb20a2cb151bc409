//! How far the other person has got: told live, or asked for.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation::Receipts;
use crate::domain::event::Event;
use crate::ui::state::open_conversation::OpenThread;

impl OpenThread {
    /// Takes in what an event says of the other person.
    pub(super) fn heed_receipts(self, event: &Event) {
        if let Some(receipts) = event.receipts(self.id, self.me) {
            self.raise(receipts);
        }
        if *event == Event::Resync {
            self.ask_for_receipts();
        }
    }

    fn raise(self, by: Receipts) {
        let raised = self.receipts.try_get_untracked().flatten().map(|known| known.raised(by));
        if raised.is_some() {
            self.receipts.try_set(raised);
        }
    }

    /// What was told while the answer was on its way stays. Who no longer shows receipts sees none.
    fn ask_for_receipts(self) {
        spawn_local(async move {
            let Ok(answer) = api::find_receipts(self.id).await else { return };
            let known = self.receipts.try_get_untracked().flatten().unwrap_or_default();
            self.receipts.try_set(answer.map(|answer| answer.raised(known)));
        });
    }
}
