//! The page's stream of events. Runs in the browser only.

use std::time::Duration;

use leptos::leptos_dom::helpers::{set_interval_with_handle, window_event_listener_untyped};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{self, EventSource, MessageEvent, js_sys};

use crate::api;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user;

/// Where the server tells what happens.
const PATH: &str = "/events";

/// After so many milliseconds without a word the stream is dead: the server says something every 20 seconds.
const SILENCE_MS: f64 = 45_000.0;

/// The same for a page that has just been woken up, or is looked at again.
const SILENCE_AWAKE_MS: f64 = 25_000.0;

/// How often it is looked whether the stream lives.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// The longest wait before a stream that was refused is tried again.
const PAUSE_MAX_MS: f64 = 30_000.0;

/// What happens, and who on this page wants to know. The stream is opened once for all of them.
#[derive(Clone, Copy)]
pub struct Live {
    listeners: StoredValue<Vec<(u64, Callback<Event>)>>,
    listened: StoredValue<u64>,
    /// Whether the stream is open; unknown until the first try has ended.
    pub connected: RwSignal<Option<bool>>,
    /// Whether the server says that nobody is signed in any more.
    pub signed_out: RwSignal<bool>,
    /// Whose page this is.
    owner: StoredValue<Option<user::Id>>,
    heard_at_ms: StoredValue<f64>,
    /// How often in a row it was refused.
    refusals: StoredValue<u32>,
}

impl Live {
    /// Opens the stream once the page is alive, and keeps it open as long as the page's owner lives.
    pub fn start() -> Self {
        let live = Self {
            listeners: StoredValue::new(Vec::new()),
            listened: StoredValue::new(0),
            connected: RwSignal::new(None),
            signed_out: RwSignal::new(false),
            owner: StoredValue::new(None),
            heard_at_ms: StoredValue::new(0.0),
            refusals: StoredValue::new(0),
        };
        Effect::new(move |_| live.keep_open());
        live
    }

    /// Whose page this is, as the server said when it was loaded.
    pub fn belongs_to(&self, owner: user::Id) {
        self.owner.set_value(Some(owner));
    }

    /// Calls `listener` with every event, until whoever asks is gone.
    pub fn listen(&self, listener: Callback<Event>) {
        let number = self.listened.get_value() + 1;
        self.listened.set_value(number);
        self.listeners.update_value(|listeners| listeners.push((number, listener)));
        let all = self.listeners;
        on_cleanup(move || {
            all.try_update_value(|listeners| listeners.retain(|(other, _)| *other != number));
        });
    }

    fn keep_open(self) {
        let source = StoredValue::new_local(Some(Source::open(self)));
        let reopen = move || {
            // The old one is closed first: a person has only so many.
            let _ = source.try_set_value(None);
            let _ = source.try_set_value(Some(Source::open(self)));
        };
        let look = move |silence_ms: f64| {
            let silent_ms = js_sys::Date::now() - self.heard_at_ms.get_value();
            let closed =
                source.try_with_value(|source| source.as_ref().is_some_and(Source::is_closed)).unwrap_or(false);
            if (closed && silent_ms > self.pause_ms()) || silent_ms > silence_ms {
                reopen();
            }
        };
        let ticks = set_interval_with_handle(move || look(SILENCE_MS), LOOK_INTERVAL);
        let awake = ["visibilitychange", "pageshow", "focus"]
            .map(|event| window_event_listener_untyped(event, move |_| look(SILENCE_AWAKE_MS)));
        let online = window_event_listener_untyped("online", move |_| reopen());
        // The browser knows before the connection does.
        let offline = window_event_listener_untyped("offline", move |_| {
            let _ = source.try_set_value(None);
            self.failed(false);
        });
        on_cleanup(move || {
            if let Ok(ticks) = ticks {
                ticks.clear();
            }
            for listener in awake {
                listener.remove();
            }
            online.remove();
            offline.remove();
            source.dispose();
        });
    }

    fn pause_ms(&self) -> f64 {
        let doubled = 1_000.0 * f64::from(2_u32.pow(self.refusals.get_value().min(6)));
        // Not all pages at once after an outage.
        doubled.min(PAUSE_MAX_MS) * (0.5 + js_sys::Math::random() / 2.0)
    }

    fn heard(&self) {
        let _ = self.heard_at_ms.try_set_value(js_sys::Date::now());
    }

    /// Tells everybody on this page.
    pub fn tell(&self, event: &Event) {
        // Copied: a listener may add or remove listeners.
        for (_, listener) in self.listeners.try_get_value().unwrap_or_default() {
            listener.run(event.clone());
        }
    }

    /// The stream is open, and it is the stream of `person`, where the server says so.
    fn opened(&self, person: Option<user::Id>) {
        let owner = self.owner.try_get_value().flatten();
        if owner.zip(person).is_some_and(|(owner, person)| owner != person) {
            // Somebody else has signed in in another window: nothing on this page is theirs.
            let _ = window().location().reload();
            return;
        }
        self.heard();
        self.signed_out.try_set(false);
        self.connected.try_set(Some(true));
        let _ = self.refusals.try_set_value(0);
        // What was read before this may have missed something.
        self.tell(&Event::Resync);
    }

    fn failed(&self, closed: bool) {
        let signed_out = self.signed_out;
        self.connected.try_set(Some(false));
        if closed {
            self.heard();
            self.refusals.try_update_value(|refusals| *refusals += 1);
            // The browser does not say why.
            spawn_local(async move {
                if api::current_user().await == Err(AppError::Unauthenticated) {
                    signed_out.try_set(true);
                }
            });
        }
    }
}

/// An open stream, closed when dropped.
struct Source {
    source: Option<EventSource>,
    _closures: Vec<Closure<dyn FnMut(web_sys::Event)>>,
}

impl Source {
    fn open(live: Live) -> Self {
        live.heard();
        let Ok(source) = EventSource::new(PATH) else { return Self { source: None, _closures: Vec::new() } };
        let mut closures = Vec::new();
        let mut on = |name: &str, heed: Box<dyn FnMut(web_sys::Event)>| {
            let closure = Closure::wrap(heed);
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closures.push(closure);
        };
        let data = |event: web_sys::Event| event.dyn_into::<MessageEvent>().ok()?.data().as_string();
        on("hello", Box::new(move |hello| live.opened(data(hello).and_then(|id| id.parse().ok()))));
        on("beat", Box::new(move |_| live.heard()));
        on(
            "message",
            Box::new(move |message| {
                live.heard();
                // A server that is newer than this page may tell what it does not know: something has changed.
                let event = data(message).and_then(|data| serde_json::from_str(&data).ok()).unwrap_or(Event::Resync);
                live.tell(&event);
            }),
        );
        let failing = source.clone();
        on("error", Box::new(move |_| live.failed(failing.ready_state() == EventSource::CLOSED)));
        Self { source: Some(source), _closures: closures }
    }

    fn is_closed(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.close();
        }
    }
}
