//! Who is there of those with whom one writes. Runs in the browser only.

use std::collections::HashMap;
use std::time::Duration;

use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use leptos::web_sys::js_sys;

use crate::event::Event;
use crate::live::source::Live;
use crate::user;

/// For how long somebody is believed to be there without further word, in milliseconds: the server repeats it every minute.
const BELIEVED_MS: f64 = 150_000.0;

/// How often it is looked who is not any more.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// Who is there, and when that was heard (milliseconds since 1970).
#[derive(Clone, Copy)]
pub struct Presence {
    heard_at_ms: RwSignal<HashMap<user::Id, f64>>,
}

impl Presence {
    /// Nobody, until something is heard.
    pub fn start(live: Live) -> Self {
        let presence = Self { heard_at_ms: RwSignal::new(HashMap::new()) };
        live.listen(Callback::new(move |event: Event| presence.heed(event)));
        Effect::new(move |_| {
            // Without a stream nobody knows.
            if live.connected.get() == Some(false) {
                presence.heard_at_ms.set(HashMap::new());
            }
        });
        Effect::new(move |_| {
            if let Ok(ticks) = set_interval_with_handle(move || presence.forget(), LOOK_INTERVAL) {
                on_cleanup(move || ticks.clear());
            }
        });
        presence
    }

    /// Whether somebody has a page open.
    pub fn is_here(&self, person: user::Id) -> bool {
        self.heard_at_ms.read().contains_key(&person)
    }

    fn heed(self, event: Event) {
        match event {
            Event::PersonArrived { person } => self.add(&[person]),
            Event::PeoplePresent { people } => self.add(&people),
            Event::PersonLeft { person } => {
                self.heard_at_ms.try_update(|heard| heard.remove(&person));
            }
            _ => {}
        }
    }

    fn add(self, people: &[user::Id]) {
        let now = js_sys::Date::now();
        self.heard_at_ms.try_update(|heard| heard.extend(people.iter().map(|person| (*person, now))));
    }

    fn forget(self) {
        let oldest = js_sys::Date::now() - BELIEVED_MS;
        let is_old = |heard: &HashMap<_, _>| heard.values().any(|at| *at < oldest);
        if self.heard_at_ms.try_with_untracked(is_old) == Some(true) {
            self.heard_at_ms.update(|heard| heard.retain(|_, at| *at >= oldest));
        }
    }
}
