//! Presence: a user is online while a page of theirs has an event stream open on any server. Presence is published to
//! the user's peers and to users with a presence subscription. Only the time when each user was last online is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::Hub;
use crate::server::live::last_seen::write_last_seen;
use crate::server::live::presence_subscriptions::PresenceSubscriptions;
use crate::server::live::recent_choices::RecentChoices;
use crate::server::store::dynamodb::table::SortTime;
use crate::server::store::postgres::users::Users;

/// Interval of the check for users who went offline.
const CHECK_INTERVAL: Duration = Duration::from_secs(4);

/// Consecutive checks without a stream before a user counts as offline. Long enough to survive a page reload.
const MISSED_CHECKS_MAX: u32 = 2;

/// Number of checks between two repetitions of all presence events. Events can be lost, so presence is repeated every
/// minute; pages discard it if it has not been repeated for more than two minutes.
const CHECKS_PER_REPETITION: u32 = 15;

/// Number of checks between two writes of when the connected users were last online. A page without script shows this
/// time, and it is what stays after a server has been killed.
const CHECKS_PER_WRITE: u32 = 75;

/// Presence of the users who are connected to this server. Cloning copies a handle.
#[derive(Clone)]
pub struct Presence {
    hub: Hub,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    connected: HashMap<user::Id, ConnectedUser>,
    choices: RecentChoices,
    /// Subscriptions of users on all servers, to users on all servers.
    subscriptions: PresenceSubscriptions,
}

struct ConnectedUser {
    /// Members of the user's newest conversations, who are always notified.
    peers: Vec<user::Id>,
    /// Consecutive checks that found no stream of the user.
    missed_checks: u32,
    /// True unless the user has turned presence off.
    is_shown: bool,
}

impl Presence {
    /// Creates the presence of users with a stream in `hub`.
    pub fn new(hub: Hub) -> Self {
        Self { hub, state: Arc::default() }
    }

    /// Handles a new stream of a user: publishes the user's presence, and sends the user the presence of the peers.
    /// Neither if the user has turned presence off, as `is_shown` says. Choices of the time since `read_at`, when the
    /// peers and the setting were read, count instead of these.
    pub fn connect(&self, user: user::Id, mut peers: Vec<user::Id>, is_shown: bool, read_at: Instant) {
        {
            let mut state = self.lock();
            let is_shown = state.choices.is_shown(user, is_shown, read_at);
            state.choices.correct_peers(user, &mut peers, read_at);
            state.connected.insert(user, ConnectedUser { peers: peers.clone(), missed_checks: 0, is_shown });
            self.hub.set_presence(user, is_shown);
        }
        self.arrive(user, &peers);
    }

    /// Publishes the user's presence, and sends the user the presence of the peers.
    fn arrive(&self, user: user::Id, peers: &[user::Id]) {
        self.publish_presence(user);
        if let Some(event) = self.presence_event(peers) {
            self.hub.publish_locally(&[user], &event);
        }
    }

    /// Turns the presence of a user on or off (`is_shown`). To the peers the user seems to come or to leave. Of a user
    /// without a stream here, the watchers on this server forget when they were last online; connected peers are
    /// watchers.
    pub fn switch(&self, user: user::Id, is_shown: bool) {
        let changed = {
            let mut state = self.lock();
            state.choices.set_shown(user, is_shown, Instant::now());
            match state.connected.get_mut(&user) {
                Some(connected) if connected.is_shown == is_shown => return,
                Some(connected) => {
                    connected.is_shown = is_shown;
                    let peers = connected.peers.clone();
                    // Before the next change, so that both agree.
                    self.hub.set_presence(user, is_shown);
                    Some(peers)
                }
                None => None,
            }
        };
        let left = Event::PersonLeft { person: user, at: None };
        match changed {
            Some(peers) if is_shown => self.arrive(user, &peers),
            Some(peers) => {
                let watchers = self.lock().subscriptions.watchers(user, &peers);
                self.hub.publish(&[peers, watchers].concat(), &left);
            }
            None if !is_shown => {
                let watchers = self.lock().subscriptions.watchers(user, &[]);
                self.hub.publish_locally(&watchers, &left);
            }
            None => {}
        }
    }

    /// Makes these users peers of each other, because one of them has sent the others a message.
    pub fn add_peers(&self, members: &[user::Id]) {
        for user in members {
            let is_new = |known: &[user::Id], peer: &user::Id| peer != user && !known.contains(peer);
            let new: Vec<_> = self.lock().connected.get_mut(user).map_or_else(Vec::new, |connected| {
                let new: Vec<_> = members.iter().copied().filter(|peer| is_new(&connected.peers, peer)).collect();
                connected.peers.extend(&new);
                new
            });
            if !new.is_empty() && self.is_shown(*user) {
                self.publish_arrival(*user, &new);
            }
        }
    }

    /// Parts two users, because one of them has blocked the other: to each, the other seems to leave, and stays away.
    pub fn part(&self, pair: [user::Id; 2]) {
        self.lock().choices.set_united(pair, false, Instant::now());
        let [one, other] = pair;
        for (user, peer) in [(one, other), (other, one)] {
            if self.remove_peer(user, peer) && !self.is_hidden(user) {
                self.hub.publish_locally(&[peer], &Event::PersonLeft { person: user, at: None });
            }
        }
    }

    /// Removes a user whom the presence of another one reaches. Returns whether there was anything to remove.
    fn remove_peer(&self, user: user::Id, peer: user::Id) -> bool {
        let mut state = self.lock();
        let was_watching = state.subscriptions.remove(user, peer);
        let Some(connected) = state.connected.get_mut(&user) else { return was_watching };
        let count = connected.peers.len();
        connected.peers.retain(|known| *known != peer);
        was_watching || connected.peers.len() < count
    }

    /// Unites two users, because there is no block between them any more, or one has accepted the request of the other.
    pub fn reunite(&self, pair: [user::Id; 2]) {
        self.unite(pair);
        self.hub.publish_to_servers(&pair, &Event::BlockEnded { pair });
    }

    fn unite(&self, pair: [user::Id; 2]) {
        self.lock().choices.set_united(pair, true, Instant::now());
        self.add_peers(&pair);
    }

    /// Returns the users who are connected to this server.
    pub fn connected(&self) -> Vec<user::Id> {
        self.lock().connected.keys().copied().collect()
    }

    /// Subscribes a user to the presence of peers: sends their current presence, and its changes until the subscription
    /// expires. The peers are not notified.
    pub fn subscribe(&self, watcher: user::Id, peers: &[user::Id]) {
        // One without a stream here may have turned presence off: then their streams elsewhere drop the answers.
        if self.is_hidden(watcher) {
            return;
        }
        self.add_subscription(watcher, peers);
        self.hub.publish_to_servers(peers, &Event::PersonArrived { person: watcher });
    }

    /// Handles an event that another server has published to the users `to`.
    pub fn handle(&self, to: &[user::Id], event: &Event) {
        match (event, to) {
            // The user connected or subscribed on the other server, and needs the presence of peers on this one.
            (Event::PersonArrived { person }, peers) => self.add_subscription(*person, peers),
            // The user still has a stream on this server.
            (Event::PersonLeft { person, .. }, _) if self.hub.has_stream(*person) => self.publish_presence(*person),
            // The recipients are all members of the conversation.
            (Event::MessageSent { .. }, members) => self.add_peers(members),
            (Event::BlockChanged { by, user, on: true }, _) => self.part([*by, *user]),
            (Event::BlockEnded { pair }, _) => self.unite(*pair),
            (Event::PresenceSwitched { of, on }, _) => self.switch(*of, *on),
            (Event::PersonLeft { .. } | Event::PeoplePresent { .. } | Event::Typing { .. } | Event::Resync, _) => {}
            (Event::ConversationRead { .. } | Event::ConversationMarked { .. }, _) => {}
            (Event::MessagesDelivered { .. } | Event::MessageChanged { .. } | Event::BlockChanged { .. }, _) => {}
        }
    }

    /// Publishes departures, repeats presence and expires subscriptions, until this server has shut down. Stores when
    /// each user was last online.
    pub async fn run(self, users: Users, closed: CancellationToken) {
        let mut ticks = tokio::time::interval(CHECK_INTERVAL);
        for check in 1_u32.. {
            if closed.run_until_cancelled(ticks.tick()).await.is_none() {
                return;
            }
            let departed = self.take_departed();
            let online = if check % CHECKS_PER_WRITE == 0 { self.connected() } else { Vec::new() };
            write_last_seen(&users, departed.iter().map(|(user, _)| *user).collect(), online);
            let at = SortTime::from(OffsetDateTime::now_utc()).sent_at();
            for (person, recipients) in departed {
                self.hub.publish(&recipients, &Event::PersonLeft { person, at: Some(at.clone()) });
            }
            if check % CHECKS_PER_REPETITION == 0 {
                self.connected().into_iter().for_each(|user| self.publish_presence(user));
                let mut state = self.lock();
                state.subscriptions.expire(Instant::now());
                state.choices.expire(Instant::now());
            }
        }
    }

    /// Adds a subscription, and sends the watcher the presence of the peers on this server.
    fn add_subscription(&self, watcher: user::Id, peers: &[user::Id]) {
        self.lock().subscriptions.add(watcher, peers, Instant::now());
        if let Some(event) = self.presence_event(peers) {
            self.hub.publish(&[watcher], &event);
        }
    }

    /// Returns true for a connected user who has turned presence off.
    fn is_hidden(&self, user: user::Id) -> bool {
        self.lock().connected.get(&user).is_some_and(|it| !it.is_shown)
    }

    /// Returns true for a connected user who has not turned presence off.
    fn is_shown(&self, user: user::Id) -> bool {
        self.lock().connected.get(&user).is_some_and(|it| it.is_shown)
    }

    /// Returns the event that lists those of these users who are online. `None` if there are none.
    fn presence_event(&self, users: &[user::Id]) -> Option<Event> {
        let is_online = |user: &user::Id| self.is_shown(*user) && self.hub.has_stream(*user);
        let people: Vec<_> = users.iter().copied().filter(is_online).collect();
        (!people.is_empty()).then_some(Event::PeoplePresent { people })
    }

    /// Removes users who went offline, and returns them with the users to notify.
    fn take_departed(&self) -> Vec<(user::Id, Vec<user::Id>)> {
        let mut state = self.lock();
        let State { connected, subscriptions, .. } = &mut *state;
        for (user, it) in connected.iter_mut() {
            it.missed_checks = if self.hub.has_stream(*user) { 0 } else { it.missed_checks + 1 };
        }
        let departed = connected.extract_if(|_, it| it.missed_checks >= MISSED_CHECKS_MAX);
        let with_recipients = |(user, it): (user::Id, ConnectedUser)| {
            if !it.is_shown {
                return (user, Vec::new());
            }
            let watchers = subscriptions.watchers(user, &it.peers);
            (user, [it.peers, watchers].concat())
        };
        departed.map(with_recipients).collect()
    }

    /// Publishes the presence of a connected user to peers and watchers, unless the user has turned it off.
    fn publish_presence(&self, user: user::Id) {
        let (peers, watchers) = {
            let state = self.lock();
            let Some(connected) = state.connected.get(&user).filter(|it| it.is_shown) else { return };
            let peers = connected.peers.clone();
            let watchers = state.subscriptions.watchers(user, &peers);
            (peers, watchers)
        };
        self.publish_arrival(user, &peers);
        if !watchers.is_empty() {
            // Not `PersonArrived`: other servers would take it for a subscription of this user to the watchers.
            self.hub.publish(&watchers, &Event::PeoplePresent { people: vec![user] });
        }
    }

    /// Publishes the arrival of a user to peers, which also subscribes the user to those peers.
    fn publish_arrival(&self, user: user::Id, peers: &[user::Id]) {
        self.lock().subscriptions.add(user, peers, Instant::now());
        self.hub.publish(peers, &Event::PersonArrived { person: user });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned lock is usable: no change in this file can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
