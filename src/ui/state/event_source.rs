//! The page's live events and their listeners. Runs in the browser only.

use leptos::prelude::*;

use crate::domain::event::Event;
use crate::domain::position::Position;
use crate::domain::user;
use crate::ui::state::known_events::KnownEvents;
use crate::ui::state::monotonic::now_ms;
use crate::ui::state::page_resource::read_json;
use crate::ui::state::stream_news::{StreamNews, TabMessage};

/// Time after a sign-out in which a sign of life can still be of the ended session, in milliseconds.
const LATE_BEAT_MS: f64 = 10_000.0;

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
    /// True while the user signs out.
    pub(super) paused: RwSignal<bool>,
    /// True if this tab holds the stream of the browser.
    pub(super) holds_stream: StoredValue<bool>,
    known: StoredValue<KnownEvents>,
    /// True if the server has told this tab, or the one that holds the stream, who is online. The server does so when
    /// it opens the stream, which may have been long before this page was loaded.
    pub(super) knows_presence: StoredValue<bool>,
    /// Returns the users who are online, as far as this page knows.
    online: StoredValue<Option<Callback<(), Vec<user::Id>>>>,
    /// Time at which the user has signed out.
    signed_out_ms: StoredValue<Option<f64>>,
    /// Time of the last sign of life, or of the last attempt to open the stream.
    pub(super) last_news_ms: StoredValue<f64>,
}

impl LiveEvents {
    /// Creates the events of a page without a stream. [`SharedStream`](crate::ui::state::SharedStream) brings the news.
    /// `rendered_at` is the position of a page that the server has rendered, if it shows all events before.
    pub fn new(rendered_at: Option<Position>) -> Self {
        Self {
            listeners: StoredValue::new(Vec::new()),
            last_listener_number: StoredValue::new(0),
            connected: RwSignal::new(None),
            signed_out: RwSignal::new(false),
            gave_way: RwSignal::new(false),
            owner: RwSignal::new(None),
            wishes: RwSignal::new(0),
            paused: RwSignal::new(false),
            holds_stream: StoredValue::new(false),
            known: StoredValue::new(KnownEvents::new(rendered_at)),
            knows_presence: StoredValue::new(false),
            online: StoredValue::new(None),
            signed_out_ms: StoredValue::new(None),
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

    /// Stops asking the server for anything, or starts again. A page whose user signs out would report a lost
    /// connection otherwise, until the next page is there.
    pub fn pause(&self, paused: bool) {
        self.paused.try_set(paused);
    }

    /// Returns whether this tab holds the stream of the browser. If another tab does, the server has already told that
    /// one who is online.
    pub fn holds_stream(&self) -> bool {
        self.holds_stream.try_get_value().unwrap_or(false)
    }

    /// Sets the function that returns the users who are online.
    pub(super) fn set_online(&self, online: Callback<(), Vec<user::Id>>) {
        self.online.set_value(Some(online));
    }

    /// Returns true if a view of data that were loaded before now may lack events that have come already.
    pub fn may_have_missed(&self) -> bool {
        self.is_connected() && self.known.try_with_value(KnownEvents::is_as_rendered) != Some(true)
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
        self.known.try_update_value(|known| known.note(event));
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
        self.known.try_update_value(KnownEvents::forget);
        self.connected.try_set(None);
    }

    /// Returns the position at which the next stream continues; `None` if the page has to load everything.
    pub(super) fn resume_position(&self) -> Option<Position> {
        self.known.try_with_value(KnownEvents::resume_position).flatten()
    }

    /// Returns the state of the stream, for a tab that asks.
    pub(super) fn state(&self) -> TabMessage {
        TabMessage::News(match self.connected.try_get_untracked().flatten() {
            Some(true) => StreamNews::Beat {
                user: self.owner.try_get_untracked().flatten().flatten(),
                position: self.known.try_with_value(KnownEvents::position).flatten(),
            },
            _ if self.signed_out.try_get_untracked() == Some(true) => StreamNews::SignedOut,
            _ if self.gave_way.try_get_untracked() == Some(true) => StreamNews::GaveWay,
            Some(false) => StreamNews::Lost,
            None => return TabMessage::Alive,
        })
    }

    /// Returns the users who are online, for a tab that has just been opened.
    pub(super) fn presence(&self) -> TabMessage {
        let people = self.online.try_get_value().flatten().and_then(|online| online.try_run(()));
        TabMessage::News(StreamNews::Present { people: people.unwrap_or_default() })
    }

    /// Handles news of the stream.
    pub(super) fn handle(&self, news: StreamNews) {
        self.touch();
        match news {
            StreamNews::Open { user, position } => self.on_open(user, position),
            // A late one of the session that has just ended.
            StreamNews::Beat { .. } if self.has_just_signed_out() => {}
            // The first sign of a stream that another tab has opened before.
            StreamNews::Beat { user, position } if !self.is_connected() => self.on_open(user, position),
            StreamNews::Beat { .. } => {}
            StreamNews::Event { json, position } => {
                // An event from before the opening says nothing of those before it.
                if self.is_connected() {
                    self.known.try_update_value(|known| known.advance_to(position));
                }
                // A newer server may send an event that this page does not know: something has changed, so resync.
                self.dispatch(&read_json(&json).unwrap_or(Event::Resync));
            }
            StreamNews::Present { people } => {
                let _ = self.knows_presence.try_set_value(true);
                self.dispatch(&Event::PeoplePresent { people });
            }
            StreamNews::Lost => self.set_connected(false),
            StreamNews::SignedOut => {
                self.set_connected(false);
                self.sign_out();
            }
            StreamNews::GaveWay => {
                self.set_connected(false);
                self.gave_way.try_set(true);
            }
        }
    }

    /// Handles the opening of a stream with all events after `position`. `user` is the user to whom the stream belongs,
    /// if the server says so.
    fn on_open(&self, user: Option<user::Id>, position: Option<Position>) {
        let owner = self.owner.try_get_untracked().flatten().flatten();
        if owner.zip(user).is_some_and(|(owner, user)| owner != user) {
            // Another user has signed in in another window: nothing on this page belongs to them.
            let _ = window().location().reload();
            return;
        }
        let was_signed_out = self.signed_out.try_get_untracked() == Some(true);
        self.signed_out.try_set(false);
        self.gave_way.try_set(false);
        self.set_connected(true);
        let misses_nothing = self.known.try_update_value(|known| known.continue_at(position)) == Some(true);
        if was_signed_out || !misses_nothing {
            // Events may have been missed between the last read and the opening of the stream. After a sign-in,
            // requests that were refused succeed.
            self.dispatch(&Event::Resync);
        }
    }

    fn has_just_signed_out(&self) -> bool {
        let is_late = self.signed_out_ms.try_get_value().flatten().is_some_and(|at| now_ms() - at < LATE_BEAT_MS);
        is_late && self.signed_out.try_get_untracked() == Some(true)
    }

    /// Notes that the user has signed out on another page.
    pub fn sign_out(&self) {
        let _ = self.signed_out_ms.try_set_value(Some(now_ms()));
        self.signed_out.try_set(true);
    }

    fn set_connected(&self, is_connected: bool) {
        self.connected.try_set(Some(is_connected));
    }
}
