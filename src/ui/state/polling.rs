//! Questions to the server for what is new, as long as there is no event stream. Runs in the browser only.

use leptos::prelude::*;

use crate::domain::event::Event;
use crate::ui::state::backoff::wait_after;
use crate::ui::state::event_source::LiveEvents;
use crate::ui::state::tab_life::is_visible;

/// Schedule of the questions.
#[derive(Clone, Copy)]
pub(super) struct Polling {
    live: LiveEvents,
    /// Number of questions since the stream was lost, and the time of the next one.
    polls: StoredValue<u32>,
    next_at_ms: StoredValue<Option<f64>>,
}

impl Polling {
    /// Starts with an open stream.
    pub(super) fn new(live: LiveEvents) -> Self {
        Self { live, polls: StoredValue::new(0), next_at_ms: StoredValue::new(None) }
    }

    /// Makes a visible page ask for what is new, if it is time: 4 to 8 seconds after the stream was lost, and then less
    /// and less often, down to every 15 to 30 seconds.
    pub(super) fn check(self, now: f64) {
        if self.live.is_connected() || self.live.signed_out.try_get_untracked() == Some(true) {
            let _ = self.next_at_ms.try_set_value(None);
            let _ = self.polls.try_set_value(0);
            return;
        }
        let polls = self.polls.try_get_value().unwrap_or_default();
        let then = Some(now + wait_after(polls + 3).as_millis() as f64);
        match self.next_at_ms.try_get_value().flatten() {
            None => drop(self.next_at_ms.try_set_value(then)),
            Some(at_ms) if now >= at_ms && is_visible() && window().navigator().on_line() => {
                let _ = self.polls.try_set_value(polls + 1);
                let _ = self.next_at_ms.try_set_value(then);
                self.live.dispatch(&Event::Resync);
            }
            Some(_) => {}
        }
    }
}
