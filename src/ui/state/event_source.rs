//! The page's live events and their listeners. Runs in the browser only.

use leptos::prelude::*;

use crate::domain::event::Event;
use crate::domain::user;
use crate::ui::state::monotonic::now_ms;
use crate::ui::state::page_resource::read_json;
use crate::ui::state::stream_news::{StreamNews, TabMessage};

/// Event stream of the page and its listeners. All listeners share one stream, and so do all tabs of the browser.
#[derive(Clone, Copy)]
pub struct LiveEvents {
    listeners: StoredValue<Vec<(u64, Callback<Event>)>>,
    last_listener_number: StoredValue<u64>,
    /// True if the stream is open; `None` until the first attempt ends.
    pub connected: RwSignal<Option<bool>>,
    /// True if the server says that the session has ended.
    pub signed_out: RwSignal<bool>,
    /// True if the stream has given way to other browsers of the user.
    pub gave_way: RwSignal<bool>,
    /// The user to whom the page belongs; `Some(None)` if the server could not tell.
    pub(super) owner: RwSignal<Option<Option<user::Id>>>,
    /// Number of times that the user has asked for the stream back.
    pub(super) wishes: RwSignal<u32>,
    /// True if this tab holds the stream of the browser.
    pub(super) holds_stream: StoredValue<bool>,
    /// True if the page has got every event up to `position`, or has loaded what it missed.
    pub(super) is_complete: StoredValue<bool>,
    /// Position of the last event.
    pub(super) position: StoredValue<String>,
    /// Time of the last sign of life, or of the last attempt to open the stream.
    pub(super) last_news_ms: StoredValue<f64>,
}

impl LiveEvents {
    /// Creates the events of a page without a stream. [`SharedStream`](crate::ui::state::SharedStream) brings the news.
    pub fn new() -> Self {
        Self {
            listeners: StoredValue::new(Vec::new()),
            last_listener_number: StoredValue::new(0),
            connected: RwSignal::new(None),
            signed_out: RwSignal::new(false),
            gave_way: RwSignal::new(false),
            owner: RwSignal::new(None),
            wishes: RwSignal::new(0),
            holds_stream: StoredValue::new(false),
            is_complete: StoredValue::new(false),
            position: StoredValue::new(String::new()),
            last_news_ms: StoredValue::new(0.0),
        }
    }

    /// Sets the user to whom the page belongs, as the server said when the page was loaded; `None` if it could not
    /// tell. The stream is opened only now: the tabs of one user share it.
    pub fn set_owner(&self, owner: Option<user::Id>) {
        self.owner.set(Some(owner));
    }

    /// Opens a stream again that has given way.
    pub fn take_over(&self) {
        self.wishes.update(|wishes| *wishes += 1);
    }

    /// Returns whether this tab holds the stream of the browser. If another tab does, the server has already told that
    /// one who is online.
    pub fn holds_stream(&self) -> bool {
        self.holds_stream.try_get_value().unwrap_or(false)
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

    /// Passes an event to every listener on this page.
    pub fn dispatch(&self, event: &Event) {
        // A copy: a listener may add or remove listeners while it runs.
        for (_, listener) in self.listeners.try_get_value().unwrap_or_default() {
            listener.run(event.clone());
        }
    }

    /// Restarts the count of silence.
    pub(super) fn touch(&self) {
        let _ = self.last_news_ms.try_set_value(now_ms());
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected.try_get_untracked() == Some(Some(true))
    }

    /// Notes that the page gets no news from now on, and must load everything when it gets some again.
    pub(super) fn forget_state(&self) {
        let _ = self.is_complete.try_set_value(false);
        self.connected.try_set(None);
    }

    /// Returns the position at which the next stream continues; empty if the page has to load everything.
    pub(super) fn resume_position(&self) -> String {
        let is_complete = self.is_complete.try_get_value() == Some(true);
        self.position.try_get_value().filter(|_| is_complete).unwrap_or_default()
    }

    /// Returns the state of the stream, for a tab that asks.
    pub(super) fn state(&self) -> TabMessage {
        TabMessage::News(match self.connected.try_get_untracked().flatten() {
            Some(true) => StreamNews::Beat {
                user: self.owner.try_get_untracked().flatten().flatten(),
                position: self.position.try_get_value().unwrap_or_default(),
            },
            _ if self.signed_out.try_get_untracked() == Some(true) => StreamNews::SignedOut,
            _ if self.gave_way.try_get_untracked() == Some(true) => StreamNews::GaveWay,
            Some(false) => StreamNews::Lost,
            None => return TabMessage::Alive,
        })
    }

    /// Handles news of the stream.
    pub(super) fn handle(&self, news: StreamNews) {
        self.touch();
        match news {
            StreamNews::Open { user, position, is_resumed } => {
                let _ = self.position.try_set_value(position);
                self.on_open(user, is_resumed);
            }
            // The first sign of a stream that another tab has opened before.
            StreamNews::Beat { user, position } if !self.is_connected() => {
                let _ = self.position.try_set_value(position);
                self.on_open(user, false);
            }
            StreamNews::Beat { .. } => {}
            StreamNews::Event { json, position } => {
                if !position.is_empty() {
                    let _ = self.position.try_set_value(position);
                }
                // A newer server may send an event that this page does not know: something has changed, so resync.
                self.dispatch(&read_json(&json).unwrap_or(Event::Resync));
            }
            StreamNews::Lost => self.set_connected(false),
            StreamNews::SignedOut => {
                self.set_connected(false);
                self.signed_out.try_set(true);
            }
            StreamNews::GaveWay => {
                self.set_connected(false);
                self.gave_way.try_set(true);
            }
        }
    }

    /// Handles the opening of the stream. `user` is the user to whom the stream belongs, if the server says so.
    fn on_open(&self, user: Option<user::Id>, is_resumed: bool) {
        let owner = self.owner.try_get_untracked().flatten().flatten();
        if owner.zip(user).is_some_and(|(owner, user)| owner != user) {
            // Another user has signed in in another window: nothing on this page belongs to them.
            let _ = window().location().reload();
            return;
        }
        self.signed_out.try_set(false);
        self.gave_way.try_set(false);
        self.set_connected(true);
        let is_complete = self.is_complete.try_update_value(|is_complete| std::mem::replace(is_complete, true));
        if !(is_resumed && is_complete == Some(true)) {
            // Events may have been missed between the last read and the opening of the stream.
            self.dispatch(&Event::Resync);
        }
    }

    fn set_connected(&self, is_connected: bool) {
        self.connected.try_set(Some(is_connected));
    }
}

impl Default for LiveEvents {
    fn default() -> Self {
        Self::new()
    }
}
