//! Presence of the user's peers. Runs in the browser only.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::SentAt;
use crate::domain::presence::PRESENCE_QUERY_MAX;
use crate::domain::user;
use crate::ui::state::event_source::LiveEvents;
use crate::ui::state::monotonic::now_ms;
use crate::ui::state::reactive::effect;

/// Time, in milliseconds, after which an online peer counts as offline without further events. The server repeats them
/// every minute.
const ONLINE_MS: f64 = 150_000.0;

/// Interval of the check for peers that count as offline.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(15);

/// Interval at which the subscriptions are renewed. On the server they expire before three of these have passed.
const RENEW_INTERVAL: Duration = Duration::from_secs(60);

/// Delay in which new conversations are collected into one request: many may come onto the page together.
const BATCH_DELAY: Duration = Duration::from_millis(300);

/// The peers that are online.
#[derive(Clone, Copy)]
pub struct Presence {
    live: LiveEvents,
    /// Time of the last event about each online peer.
    online_ms: RwSignal<HashMap<user::Id, f64>>,
    /// When each peer left of whom the page knows more than the server has rendered; `None` for one who has come since,
    /// or no longer shows presence.
    left_at: RwSignal<HashMap<user::Id, Option<SentAt>>>,
    /// True once the user has turned presence off.
    is_off: RwSignal<bool>,
    /// Number of times that the stream was lost. Who came or went meanwhile is unknown, so what was rendered before
    /// a gap no longer counts.
    gaps: RwSignal<u32>,
    /// The conversations on the page; one that is there twice is in the list twice.
    watched: StoredValue<Vec<conversation::Id>>,
    /// Returns the conversations to which the server subscribes the page by itself.
    always_subscribed: Callback<(), Vec<conversation::Id>>,
    /// Other conversations that have been subscribed to since the last renewal.
    subscribed: StoredValue<HashSet<conversation::Id>>,
    scheduled: StoredValue<bool>,
}

impl Presence {
    /// Starts with all peers offline. `always_subscribed` returns the conversations that need no subscription.
    pub fn start(live: LiveEvents, always_subscribed: Callback<(), Vec<conversation::Id>>) -> Self {
        let presence = Self {
            live,
            online_ms: RwSignal::new(HashMap::new()),
            left_at: RwSignal::new(HashMap::new()),
            is_off: RwSignal::new(false),
            gaps: RwSignal::new(0),
            watched: StoredValue::new(Vec::new()),
            always_subscribed,
            subscribed: StoredValue::new(HashSet::new()),
            scheduled: StoredValue::new(false),
        };
        live.listen(Callback::new(move |event: Event| presence.handle(event)));
        live.set_online(Callback::new(move |()| presence.online()));
        effect(move || match live.connected.get() {
            // Without a stream, nothing is known about presence.
            Some(false) => {
                live.knows_presence.set_value(false);
                presence.online_ms.set(HashMap::new());
                presence.left_at.set(HashMap::new());
                presence.gaps.update(|gaps| *gaps += 1);
            }
            // The stream may now come from another server, which does not have the subscriptions.
            Some(true) => presence.renew(),
            None => {}
        });
        effect(move || {
            let ticks = [
                set_interval_with_handle(move || presence.expire(), EXPIRY_INTERVAL).ok(),
                set_interval_with_handle(move || presence.renew(), RENEW_INTERVAL).ok(),
            ];
            on_cleanup(move || ticks.into_iter().flatten().for_each(|ticks| ticks.clear()));
        });
        presence
    }

    /// Returns whether a peer has a page open.
    pub fn is_online(&self, peer: user::Id) -> bool {
        self.online_ms.read().contains_key(&peer)
    }

    /// Returns the number of gaps in what the page has heard so far.
    pub fn gaps(&self) -> u32 {
        self.gaps.get_untracked()
    }

    /// Returns when a peer who is not online was last online. `rendered` is what the server rendered, when there had
    /// been this number of gaps.
    pub fn last_seen(&self, peer: user::Id, rendered: Option<&SentAt>, gaps: u32) -> Option<SentAt> {
        if self.is_off.get() || self.is_online(peer) {
            return None;
        }
        let is_current = self.gaps.get() == gaps;
        self.left_at.read().get(&peer).map_or_else(|| rendered.filter(|_| is_current).cloned(), Clone::clone)
    }

    fn online(self) -> Vec<user::Id> {
        let online = |online: &HashMap<_, _>| online.keys().copied().collect();
        self.online_ms.try_with_untracked(online).unwrap_or_default()
    }

    /// Watches the presence of a conversation's peer as long as the calling component is on the page.
    pub fn watch(self, conversation: conversation::Id) {
        effect(move || {
            self.watched.try_update_value(|watched| watched.push(conversation));
            self.schedule();
            on_cleanup(move || {
                self.watched.try_update_value(|watched| {
                    if let Some(index) = watched.iter().position(|other| *other == conversation) {
                        watched.swap_remove(index);
                    }
                });
            });
        });
    }

    /// Subscribes to all watched conversations again.
    fn renew(self) {
        let _ = self.subscribed.try_set_value(HashSet::new());
        self.schedule();
    }

    fn schedule(self) {
        if self.scheduled.try_get_value() == Some(false) {
            let _ = self.scheduled.try_set_value(true);
            set_timeout(move || self.subscribe(), BATCH_DELAY);
        }
    }

    /// Subscribes to the watched conversations that are not subscribed to yet. The stream brings the answer: without a
    /// stream, there is nothing to ask for.
    fn subscribe(self) {
        let _ = self.scheduled.try_set_value(false);
        let (connected, watched) = (self.live.connected.try_get_untracked().flatten(), self.watched.try_get_value());
        let (Some(true), Some(watched)) = (connected, watched) else { return };
        let knew = self.live.knows_presence.try_update_value(|it| std::mem::replace(it, true)).unwrap_or(true);
        let always_subscribed = if knew || self.live.holds_stream() {
            self.always_subscribed.try_run(()).unwrap_or_default()
        } else {
            Vec::new()
        };
        let wanted = self.subscribed.try_update_value(|subscribed| {
            let is_wanted = |id: &conversation::Id| !always_subscribed.contains(id) && subscribed.insert(*id);
            watched.into_iter().filter(is_wanted).collect::<Vec<_>>()
        });
        spawn_local(async move {
            for some in wanted.unwrap_or_default().chunks(PRESENCE_QUERY_MAX) {
                if api::watch_presence(some.to_vec()).await.is_err() {
                    // The next renewal asks again: in a minute, or when a stream is opened.
                    break;
                }
            }
        });
    }

    fn handle(self, event: Event) {
        match event {
            Event::PersonArrived { person } => self.mark_online(&[person]),
            Event::PeoplePresent { people } => self.mark_online(&people),
            Event::PersonLeft { person, at } => {
                self.left_at.try_update(|left| left.insert(person, at));
                self.online_ms.try_update(|online| online.remove(&person));
            }
            Event::PresenceSwitched { on: false, .. } => {
                self.is_off.try_set(true);
                self.online_ms.try_set(HashMap::new());
            }
            // While presence was off, the server kept no subscriptions of the page.
            Event::PresenceSwitched { on: true, .. } => {
                self.is_off.try_set(false);
                self.renew();
            }
            _ => {}
        }
    }

    fn mark_online(self, peers: &[user::Id]) {
        let now = now_ms();
        self.left_at.try_update(|left| left.extend(peers.iter().map(|peer| (*peer, None))));
        self.online_ms.try_update(|online| online.extend(peers.iter().map(|peer| (*peer, now))));
    }

    fn expire(self) {
        let oldest = now_ms() - ONLINE_MS;
        let is_expired = |online: &HashMap<_, _>| online.values().any(|at| *at < oldest);
        if self.online_ms.try_with_untracked(is_expired) == Some(true) {
            self.online_ms.update(|online| online.retain(|_, at| *at >= oldest));
        }
    }
}
