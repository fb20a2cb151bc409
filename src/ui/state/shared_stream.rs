//! One event stream for all tabs of a browser that show the pages of one user. Runs in the browser only.
//!
//! The tab that holds a lock, the leader, opens the stream and passes its news on to the others. If the leader goes
//! away or is frozen, the lock goes to another tab; if it does not answer, another tab takes the lock. Without locks or
//! a channel between tabs, each tab has its own stream. HTTP/1.1 allows a browser six connections to a host: with a
//! stream for each tab, the sixth tab would take the last one, and no tab could send anything.

use std::rc::Rc;

use leptos::prelude::*;
use leptos::reactive::owner::LocalStorage;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::error::AppError;
use crate::ui::state::backoff::Attempts;
use crate::ui::state::event_source::LiveEvents;
use crate::ui::state::leader_watch::{Duty, LeaderWatch, Role};
use crate::ui::state::monotonic::now_ms;
use crate::ui::state::polling::Polling;
use crate::ui::state::stream_connection::{End, StreamConnection};
use crate::ui::state::stream_news::{StreamNews, TabMessage};
use crate::ui::state::tab_channel::TabChannel;
use crate::ui::state::tab_life::{self, TabChange, is_visible};
use crate::ui::state::tab_lock::{LockChange, TabLock};

/// Silence, in milliseconds, after which the stream counts as dead. The server sends something every 15 seconds.
const SILENCE_MS: f64 = 33_000.0;

/// The same limit for a page that has just been woken up or has become visible again.
const SILENCE_AWAKE_MS: f64 = 20_000.0;

/// Time, in milliseconds, within which a stream must open.
const OPENING_MS: f64 = 15_000.0;

/// The stream that this tab shares with the other tabs of the browser.
#[derive(Clone, Copy)]
pub struct SharedStream {
    live: LiveEvents,
    role: StoredValue<Role>,
    channel: StoredValue<Option<TabChannel>, LocalStorage>,
    lock: StoredValue<Option<TabLock>, LocalStorage>,
    connection: StoredValue<Option<StreamConnection>, LocalStorage>,
    attempts: StoredValue<Attempts>,
    watch: StoredValue<LeaderWatch>,
    polling: Polling,
}

impl SharedStream {
    /// Shares the stream from the time when the owner of the page is known, until the reactive owner is cleaned up.
    pub fn keep_open(live: LiveEvents) {
        Effect::new(move |_| Self::new(live).start());
    }

    fn new(live: LiveEvents) -> Self {
        Self {
            live,
            role: StoredValue::new(Role::Away),
            channel: StoredValue::new_local(None),
            lock: StoredValue::new_local(None),
            connection: StoredValue::new_local(None),
            attempts: StoredValue::new(Attempts::default()),
            watch: StoredValue::new(LeaderWatch::default()),
            polling: Polling::new(live),
        }
    }

    fn start(self) {
        tab_life::listen(move |change| self.on_tab_change(change));
        on_cleanup(move || self.leave());
        Effect::new(move |_| {
            // At first, the page knows what the server has rendered.
            if self.role() != Role::Away {
                self.leave();
            }
            if self.live.owner.get().is_some() && !self.live.paused.get() {
                self.join();
            }
        });
        Effect::new(move |_| {
            if self.live.wishes.get() > 0 {
                self.wake();
            }
        });
    }

    fn on_tab_change(self, change: TabChange) {
        match (change, self.role()) {
            (TabChange::Tick, _) => self.check(SILENCE_MS),
            (TabChange::Return, _) => self.on_return(),
            (TabChange::Leave, _) => self.leave(),
            (TabChange::Online, Role::Leader) => self.open(),
            (TabChange::Online, Role::Follower | Role::Away) => {}
            // The browser notices the loss before the connection does.
            (TabChange::Offline, Role::Leader) => self.on_end(End::Lost),
            (TabChange::Offline, Role::Follower | Role::Away) => self.live.handle(StreamNews::Lost),
        }
    }

    fn role(self) -> Role {
        self.role.try_get_value().unwrap_or(Role::Away)
    }

    fn set_role(self, role: Role) {
        let _ = self.role.try_set_value(role);
        let _ = self.live.holds_stream.try_set_value(role == Role::Leader);
    }

    /// Joins the other tabs.
    fn join(self) {
        self.live.touch();
        self.watch.try_update_value(LeaderWatch::restart);
        self.set_role(Role::Follower);
        let channel = self.name().and_then(|name| TabChannel::join(&name, move |message| self.on_message(message)));
        let has_channel = channel.is_some();
        let _ = self.channel.try_set_value(channel);
        if has_channel && self.request_lock(false) {
            self.post(&TabMessage::Ask);
            self.post(&TabMessage::AskWhoIsOnline);
        } else {
            self.lead();
        }
    }

    /// Gives the stream and the lock up. Another tab gets the lock at once.
    fn leave(self) {
        self.set_role(Role::Away);
        self.live.forget_state();
        let _ = self.connection.try_set_value(None);
        let _ = self.lock.try_set_value(None);
        let _ = self.channel.try_set_value(None);
    }

    /// Name of the lock and of the channel; `None` if the owner of the page is unknown.
    fn name(self) -> Option<String> {
        self.live.owner.try_get_untracked().flatten().flatten().map(|owner| format!("cruddur-live/{owner}"))
    }

    /// Requests the lock. Returns false if the browser has no locks.
    fn request_lock(self, steal: bool) -> bool {
        let on_change = Rc::new(move |change| match change {
            LockChange::Granted => self.lead(),
            LockChange::Stolen => {
                self.set_role(Role::Follower);
                let _ = self.connection.try_set_value(None);
                self.request_lock(false);
            }
        });
        // Withdraws an earlier request.
        let _ = self.lock.try_set_value(None);
        let lock = self.name().and_then(|name| TabLock::request(&name, steal, on_change));
        let is_requested = lock.is_some();
        let _ = self.lock.try_set_value(lock);
        is_requested
    }

    /// Opens the stream for all tabs.
    fn lead(self) {
        self.set_role(Role::Leader);
        let _ = self.attempts.try_set_value(Attempts::default());
        if self.live.gave_way.try_get_untracked() == Some(false) {
            self.open();
        }
    }

    fn open(self) {
        self.live.touch();
        // Close the old connection first: the server limits the number of streams per user.
        let _ = self.connection.try_set_value(None);
        let (on_news, on_end) = (Rc::new(move |news| self.on_news(news)), Rc::new(move |end| self.on_end(end)));
        let connection = StreamConnection::open(self.live.resume_position(), on_news, on_end);
        let _ = self.connection.try_set_value(connection);
    }

    /// Handles news from the server.
    fn on_news(self, news: StreamNews) {
        match news {
            StreamNews::Open { .. } => drop(self.attempts.try_set_value(Attempts::default())),
            StreamNews::GaveWay => drop(self.connection.try_set_value(None)),
            _ => {}
        }
        self.announce(news);
    }

    /// Passes news to the other tabs, and handles them on this page.
    fn announce(self, news: StreamNews) {
        self.post(&TabMessage::News(news.clone()));
        self.live.handle(news);
    }

    /// Handles the end of the connection.
    fn on_end(self, end: End) {
        let _ = self.connection.try_set_value(None);
        let wait = self.attempts.try_update_value(|attempts| attempts.fail(now_ms())).unwrap_or_default();
        // The ticks would round the random waits to whole ticks. They remain for timers that the browser drops.
        set_timeout(move || self.retry(), wait);
        self.announce(StreamNews::Lost);
        if end == End::Refused {
            // The browser does not give the reason: ask the server whether the session has ended.
            spawn_local(async move {
                if api::current_user().await == Err(AppError::Unauthenticated) && !self.live.is_connected() {
                    self.announce(StreamNews::SignedOut);
                }
            });
        }
    }

    fn post(self, message: &TabMessage) {
        self.channel.try_with_value(|channel| channel.as_ref().map(|channel| channel.post(message)));
    }

    /// Handles a message from another tab.
    fn on_message(self, message: TabMessage) {
        match (self.role(), message) {
            (Role::Follower, TabMessage::News(news)) => {
                self.watch.try_update_value(LeaderWatch::heard);
                self.live.handle(news);
            }
            (Role::Follower, TabMessage::Alive) => {
                self.watch.try_update_value(LeaderWatch::heard);
                self.live.touch();
            }
            (Role::Leader, TabMessage::Ask) => {
                // The timers of a hidden tab are slow: the others keep it going.
                self.check(SILENCE_MS);
                self.post(&self.live.state());
            }
            (Role::Leader, TabMessage::AskWhoIsOnline) => self.post(&self.live.presence()),
            (Role::Leader, TabMessage::Wake) => self.wake(),
            _ => {}
        }
    }

    /// Handles the return of the user to the page.
    fn on_return(self) {
        let is_started = self.live.owner.try_get_untracked().flatten().is_some();
        if self.role() == Role::Away && is_started && self.live.paused.try_get_untracked() == Some(false) {
            self.join();
        }
        if is_visible() {
            self.check(SILENCE_AWAKE_MS);
            self.wake();
        }
    }

    /// Opens a stream again that has given way.
    fn wake(self) {
        if self.live.gave_way.try_get_untracked() != Some(true) {
            return;
        }
        match self.role() {
            Role::Leader if self.connection.try_with_value(Option::is_none) == Some(true) => self.open(),
            Role::Follower => self.post(&TabMessage::Wake),
            Role::Leader | Role::Away => {}
        }
    }

    /// Checks that the stream, or the leader, is alive. Without a stream the page asks for what is new.
    fn check(self, silence_ms: f64) {
        let now = now_ms();
        let silent_ms = now - self.live.last_news_ms.try_get_value().unwrap_or(now);
        let is_open = self.connection.try_with_value(Option::is_some) == Some(true);
        match self.role() {
            Role::Away => return,
            Role::Follower => self.check_leader(now, silent_ms),
            Role::Leader if is_open => {
                let limit_ms = if self.live.is_connected() { silence_ms } else { OPENING_MS };
                if silent_ms > limit_ms {
                    self.on_end(End::Lost);
                }
            }
            Role::Leader => self.retry(),
        }
        self.polling.check(now);
    }

    /// Opens the stream again once the wait after its end is over, unless it has given way to others.
    fn retry(self) {
        let is_due = self.attempts.try_with_value(|attempts| attempts.is_due(now_ms())) == Some(true);
        let is_closed = self.connection.try_with_value(Option::is_none) == Some(true);
        let gave_way = self.live.gave_way.try_get_untracked() != Some(false);
        if is_due && is_closed && !gave_way && self.role() == Role::Leader {
            self.open();
        }
    }

    fn check_leader(self, now: f64, silent_ms: f64) {
        let duty = self.watch.try_update_value(|watch| watch.check(now, silent_ms, is_visible()));
        match duty.unwrap_or(Duty::Nothing) {
            Duty::Nothing => {}
            Duty::Ask => self.post(&TabMessage::Ask),
            Duty::TakeOver => drop(self.request_lock(true)),
            Duty::GoAlone => {
                let _ = self.channel.try_set_value(None);
                let _ = self.lock.try_set_value(None);
                self.lead();
            }
        }
    }
}
