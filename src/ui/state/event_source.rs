//! The page's stream of server-sent events. Runs in the browser only.

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
use crate::ui::state::backoff::wait_after;
use crate::ui::state::page_resource::read_json;

/// Path of the event stream.
const PATH: &str = "/events";

/// Silence, in milliseconds, after which the stream counts as dead. The server sends something every 20 seconds.
const SILENCE_MS: f64 = 45_000.0;

/// The same limit for a page that has just been woken up or has become visible again.
const SILENCE_AWAKE_MS: f64 = 25_000.0;

/// Interval of the check that the stream is still alive.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Event stream of the page and its listeners. All listeners share one stream.
#[derive(Clone, Copy)]
pub struct LiveEvents {
    listeners: StoredValue<Vec<(u64, Callback<Event>)>>,
    last_listener_number: StoredValue<u64>,
    /// True if the stream is open; `None` until the first attempt ends.
    pub connected: RwSignal<Option<bool>>,
    /// True if the server says that the session has ended.
    pub signed_out: RwSignal<bool>,
    owner: StoredValue<Option<user::Id>>,
    /// Time of the last sign of life; also of the last attempt, so that the backoff starts there.
    last_event_at_ms: StoredValue<f64>,
    /// Number of refused attempts in a row.
    refusals: StoredValue<u32>,
}

impl LiveEvents {
    /// Opens the stream once the page is hydrated, and keeps it open as long as the reactive owner exists.
    pub fn start() -> Self {
        let live = Self {
            listeners: StoredValue::new(Vec::new()),
            last_listener_number: StoredValue::new(0),
            connected: RwSignal::new(None),
            signed_out: RwSignal::new(false),
            owner: StoredValue::new(None),
            last_event_at_ms: StoredValue::new(0.0),
            refusals: StoredValue::new(0),
        };
        Effect::new(move |_| live.keep_open());
        live
    }

    /// Sets the user to whom the page belongs, as the server said when the page was loaded.
    pub fn set_owner(&self, owner: user::Id) {
        self.owner.set_value(Some(owner));
    }

    /// Calls `listener` with every event until the caller's reactive owner is cleaned up.
    pub fn listen(&self, listener: Callback<Event>) {
        let number = self.last_listener_number.get_value() + 1;
        self.last_listener_number.set_value(number);
        self.listeners.update_value(|listeners| listeners.push((number, listener)));
        let all = self.listeners;
        on_cleanup(move || {
            all.try_update_value(|listeners| listeners.retain(|(other, _)| *other != number));
        });
    }

    fn keep_open(self) {
        let connection = StoredValue::new_local(Some(Connection::open(self)));
        let reopen = move || {
            // Close the old connection first: the server limits the number of streams per user.
            let _ = connection.try_set_value(None);
            let _ = connection.try_set_value(Some(Connection::open(self)));
        };
        let check = move |silence_ms: f64| {
            let silent_ms = js_sys::Date::now() - self.last_event_at_ms.get_value();
            let closed =
                connection.try_with_value(|it| it.as_ref().is_some_and(Connection::is_closed)).unwrap_or(false);
            let backoff_ms = wait_after(self.refusals.get_value()).as_millis() as f64;
            if (closed && silent_ms > backoff_ms) || silent_ms > silence_ms {
                reopen();
            }
        };
        let ticks = set_interval_with_handle(move || check(SILENCE_MS), CHECK_INTERVAL);
        let awake = ["visibilitychange", "pageshow", "focus"]
            .map(|event| window_event_listener_untyped(event, move |_| check(SILENCE_AWAKE_MS)));
        let online = window_event_listener_untyped("online", move |_| reopen());
        // The browser notices the loss before the connection does.
        let offline = window_event_listener_untyped("offline", move |_| {
            let _ = connection.try_set_value(None);
            self.on_error(false);
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
            connection.dispose();
        });
    }

    /// Restarts the count of silence.
    fn touch(&self) {
        let _ = self.last_event_at_ms.try_set_value(js_sys::Date::now());
    }

    /// Passes an event to every listener on this page.
    pub fn dispatch(&self, event: &Event) {
        // A copy: a listener may add or remove listeners while it runs.
        for (_, listener) in self.listeners.try_get_value().unwrap_or_default() {
            listener.run(event.clone());
        }
    }

    /// Handles the opening of the stream. `user` is the user to whom the stream belongs, if the server says so.
    fn on_open(&self, user: Option<user::Id>) {
        let owner = self.owner.try_get_value().flatten();
        if owner.zip(user).is_some_and(|(owner, user)| owner != user) {
            // Another user has signed in in another window: nothing on this page belongs to them.
            let _ = window().location().reload();
            return;
        }
        self.touch();
        self.signed_out.try_set(false);
        self.connected.try_set(Some(true));
        let _ = self.refusals.try_set_value(0);
        // Events may have been missed between the last read and the opening of the stream.
        self.dispatch(&Event::Resync);
    }

    /// Handles the loss of the stream. `closed`: the browser has given up, and does not reconnect by itself.
    fn on_error(&self, closed: bool) {
        let signed_out = self.signed_out;
        self.connected.try_set(Some(false));
        if closed {
            self.touch();
            self.refusals.try_update_value(|refusals| *refusals += 1);
            // The browser does not give the reason: ask the server whether the session has ended.
            spawn_local(async move {
                if api::current_user().await == Err(AppError::Unauthenticated) {
                    signed_out.try_set(true);
                }
            });
        }
    }
}

/// Open event stream, closed when dropped.
struct Connection {
    source: Option<EventSource>,
    _closures: Vec<Closure<dyn FnMut(web_sys::Event)>>,
}

impl Connection {
    fn open(live: LiveEvents) -> Self {
        live.touch();
        let Ok(source) = EventSource::new(PATH) else { return Self { source: None, _closures: Vec::new() } };
        let mut closures = Vec::new();
        let mut on = |name: &str, handle: Box<dyn FnMut(web_sys::Event)>| {
            let closure = Closure::wrap(handle);
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            closures.push(closure);
        };
        let data = |event: web_sys::Event| event.dyn_into::<MessageEvent>().ok()?.data().as_string();
        on("hello", Box::new(move |hello| live.on_open(data(hello).and_then(|id| id.parse().ok()))));
        on("beat", Box::new(move |_| live.touch()));
        on(
            "message",
            Box::new(move |message| {
                live.touch();
                // A newer server may send an event that this page does not know: something has changed, so resync.
                let event = data(message).and_then(|data| read_json(&data).ok()).unwrap_or(Event::Resync);
                live.dispatch(&event);
            }),
        );
        let failing = source.clone();
        on("error", Box::new(move |_| live.on_error(failing.ready_state() == EventSource::CLOSED)));
        Self { source: Some(source), _closures: closures }
    }

    fn is_closed(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            source.close();
        }
    }
}
