//! Who is there of those with whom one writes. Runs in the browser only.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::js_sys;

use crate::api;
use crate::domain::conversation::{self, LOOKED_FOR_MAX};
use crate::domain::event::Event;
use crate::domain::user;
use crate::ui::state::event_source::Live;

/// For how long somebody is believed to be there without further word, in milliseconds: the server repeats it every minute.
const BELIEVED_MS: f64 = 150_000.0;

/// How often it is looked who is not any more.
const LOOK_INTERVAL: Duration = Duration::from_secs(15);

/// How often the server is asked again, which believes for less than three of these that somebody wants to know.
const ASK_INTERVAL: Duration = Duration::from_secs(60);

/// How long conversations are gathered before the server is asked: many may come onto the page together.
const GATHER: Duration = Duration::from_millis(300);

/// Who is there, and when that was heard (milliseconds since 1970).
#[derive(Clone, Copy)]
pub struct Presence {
    live: Live,
    heard_at_ms: RwSignal<HashMap<user::Id, f64>>,
    /// The conversations on the page; one that is there twice is in here twice.
    shown: StoredValue<Vec<conversation::Id>>,
    /// The conversations of whose people the server tells by itself.
    told: Callback<(), Vec<conversation::Id>>,
    /// Those of the others for which it was asked, since it was last asked for all.
    asked: StoredValue<HashSet<conversation::Id>>,
    gathering: StoredValue<bool>,
}

impl Presence {
    /// Nobody, until something is heard. Of the conversations that `told` names, the server tells by itself.
    pub fn start(live: Live, told: Callback<(), Vec<conversation::Id>>) -> Self {
        let presence = Self {
            live,
            heard_at_ms: RwSignal::new(HashMap::new()),
            shown: StoredValue::new(Vec::new()),
            told,
            asked: StoredValue::new(HashSet::new()),
            gathering: StoredValue::new(false),
        };
        live.listen(Callback::new(move |event: Event| presence.heed(event)));
        Effect::new(move |_| match live.connected.get() {
            // Without a stream nobody knows.
            Some(false) => presence.heard_at_ms.set(HashMap::new()),
            // It may be another server.
            Some(true) => presence.ask_again(),
            None => {}
        });
        Effect::new(move |_| {
            let ticks = [
                set_interval_with_handle(move || presence.forget(), LOOK_INTERVAL).ok(),
                set_interval_with_handle(move || presence.ask_again(), ASK_INTERVAL).ok(),
            ];
            on_cleanup(move || ticks.into_iter().flatten().for_each(|ticks| ticks.clear()));
        });
        presence
    }

    /// Whether somebody has a page open.
    pub fn is_here(&self, person: user::Id) -> bool {
        self.heard_at_ms.read().contains_key(&person)
    }

    /// Finds out who is there in a conversation, as long as whoever calls this is on the page.
    pub fn watch(self, conversation: conversation::Id) {
        Effect::new(move |_| {
            self.shown.try_update_value(|shown| shown.push(conversation));
            self.ask_soon();
            on_cleanup(move || {
                self.shown.try_update_value(|shown| {
                    if let Some(place) = shown.iter().position(|other| *other == conversation) {
                        shown.swap_remove(place);
                    }
                });
            });
        });
    }

    /// Asks for all that are on the page, whether or not it has been asked for them.
    fn ask_again(self) {
        let _ = self.asked.try_set_value(HashSet::new());
        self.ask_soon();
    }

    fn ask_soon(self) {
        if self.gathering.try_get_value() == Some(false) {
            let _ = self.gathering.try_set_value(true);
            set_timeout(move || self.ask(), GATHER);
        }
    }

    /// Asks for what is on the page and has not been asked for. The answer comes by the stream: without one, nobody asks.
    fn ask(self) {
        let _ = self.gathering.try_set_value(false);
        let (connected, shown) = (self.live.connected.try_get_untracked().flatten(), self.shown.try_get_value());
        let (Some(true), Some(shown)) = (connected, shown) else { return };
        let told = self.told.try_run(()).unwrap_or_default();
        let wanted = self.asked.try_update_value(|asked| {
            let is_wanted = |id: &conversation::Id| !told.contains(id) && asked.insert(*id);
            shown.into_iter().filter(is_wanted).collect::<Vec<_>>()
        });
        spawn_local(async move {
            for some in wanted.unwrap_or_default().chunks(LOOKED_FOR_MAX) {
                if api::look_for(some.to_vec()).await.is_err() {
                    // Asked for with all others, in a minute or with the next stream.
                    break;
                }
            }
        });
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
