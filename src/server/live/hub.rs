//! The event streams that are open on this server, by user.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::event::Event;
use crate::domain::position::Position;
use crate::domain::user;
use crate::server::live::bus::Bus;
pub use crate::server::live::streams_of_user::Pushed;
use crate::server::live::streams_of_user::{OpenStream, StreamsOfUser};
use crate::server::live::unsettled::Unsettled;
use crate::server::store::postgres::sessions;

/// Maximum number of streams of one user. A browser opens one, however many of its tabs show the user's messages.
pub const STREAMS_MAX: usize = 24;

/// Maximum number of queued events of a page that does not read. One more ends its stream; the page reconnects and
/// reloads its data.
const QUEUED_MAX: usize = 64;

/// Time for which the journal of a user without a stream is kept: long enough for a page that reconnects, or that has
/// been rendered and does not run yet.
const JOURNAL_TTL: Duration = Duration::from_secs(120);

/// Maximum number of users with a journal. Pages of further users get no position, and load their data once more.
const USERS_MAX: usize = 65_536;

/// Publisher of live events. Holds nothing that must survive a restart. Cloning copies a handle.
#[derive(Clone, Default)]
pub struct Hub {
    streams: Arc<Mutex<Streams>>,
}

struct Streams {
    /// Names this server in positions: those of another server, or from before a restart, mean nothing here.
    server: Uuid,
    by_user: HashMap<user::Id, StreamsOfUser>,
    opened: u64,
    /// Number of journaled events of all users; the position of the last one.
    position: u64,
    bus: Option<Bus>,
    unsettled: Unsettled,
}

/// Receiving half of a stream. Dropping it closes the stream.
pub struct Subscription {
    hub: Hub,
    user: user::Id,
    number: u64,
    receiver: mpsc::Receiver<Pushed>,
    /// Position at which the stream begins.
    pub position: Position,
    /// True if the stream begins where an earlier one ended, so that the page has missed nothing.
    pub is_resumed: bool,
}

impl Hub {
    /// Opens a stream for a user. If the user already has [`STREAMS_MAX`], the oldest one gives way.
    pub fn subscribe(&self, user: user::Id, session: sessions::Id) -> Subscription {
        self.resume(user, session, None)
    }

    /// Returns the position of a page whose data are about to be read. A stream that continues there brings all that
    /// the page does not show. `None` if that is not certain: the page must then load its data again.
    pub fn page_position(&self, user: user::Id) -> Option<Position> {
        let (mut streams, now) = (self.lock(), Instant::now());
        let is_one_too_many = streams.by_user.len() >= USERS_MAX && !streams.by_user.contains_key(&user);
        if is_one_too_many || streams.unsettled.concerns(user, now) {
            return None;
        }
        let position = streams.position();
        let of_user = streams.of_user(user);
        if of_user.open.is_empty() {
            of_user.left_at = Some(now);
        }
        Some(position)
    }

    /// Opens a stream that continues after the position `after` of an earlier one or of a page, if the events since are
    /// still known.
    pub fn resume(&self, user: user::Id, session: sessions::Id, after: Option<Position>) -> Subscription {
        let (sender, receiver) = mpsc::channel(QUEUED_MAX);
        let mut streams = self.lock();
        streams.opened += 1;
        let (number, start) = (streams.opened, streams.position());
        let of_user = streams.of_user(user);
        let after = after.filter(|after| after.server == start.server);
        let missed = after.and_then(|after| of_user.journal.after(after.count));
        let is_resumed = missed.is_some();
        for (count, text) in missed.into_iter().flatten() {
            // The queue is longer than the journal.
            let _ = sender.try_send(Pushed::Event { text, position: Some(Position { count, ..start }) });
        }
        let begins_at = after.filter(|_| is_resumed).unwrap_or(start);
        while of_user.open.len() >= STREAMS_MAX {
            // If its queue is full, it ends without a word.
            let _ = of_user.open.remove(0).sender.try_send(Pushed::GaveWay);
        }
        of_user.open.push(OpenStream { number, session, sender });
        of_user.left_at = None;
        Subscription { hub: self.clone(), user, number, receiver, position: begins_at, is_resumed }
    }

    /// Connects the hub to the bus: from now on published events also reach the other servers.
    pub fn join(&self, bus: Bus) {
        let mut streams = self.lock();
        streams.bus = Some(bus);
        // The other servers may have just published messages.
        streams.unsettled.add_gap(Instant::now());
    }

    /// Publishes an event to these users, on every server. Never waits: a stream that does not keep up is closed.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        if to.is_empty() {
            return;
        }
        self.publish_locally(to, event);
        let bus = self.lock().bus.clone();
        if let Some(bus) = bus {
            bus.publish(to, event);
        }
    }

    /// Publishes an event to the other servers. They handle it themselves and do not forward it to pages.
    pub fn publish_to_servers(&self, to: &[user::Id], event: &Event) {
        let bus = self.lock().bus.clone();
        if let Some(bus) = bus {
            bus.publish_to_servers(to, event);
        }
    }

    /// Makes the pages of this server resync, because events of other servers may have been lost. No page that is
    /// rendered within the next seconds has a position.
    pub fn resync_locally(&self) {
        let users: Vec<_> = {
            let mut streams = self.lock();
            streams.unsettled.add_gap(Instant::now());
            streams.by_user.keys().copied().collect()
        };
        self.publish_locally(&users, &Event::Resync);
    }

    /// Publishes an event of another server to the streams of these users on this server.
    pub fn receive(&self, to: &[user::Id], event: &Event) {
        if matches!(event, Event::MessageSent { .. } | Event::MessageChanged { .. }) {
            self.lock().unsettled.add(to, Instant::now());
        }
        self.publish_locally(to, event);
    }

    /// Publishes an event to the streams of these users on this server.
    pub fn publish_locally(&self, to: &[user::Id], event: &Event) {
        let Ok(text) = serde_json::to_string(event) else { return };
        let text: Arc<str> = text.into();
        let mut streams = self.lock();
        for user in to {
            streams.push(*user, event, &text);
        }
    }

    /// Sets whether the streams of a user on this server get events about the presence of others.
    pub fn set_presence(&self, user: user::Id, on: bool) {
        self.lock().of_user(user).hears_presence = on;
    }

    /// Returns the sessions that have a stream open.
    pub fn sessions(&self) -> HashSet<sessions::Id> {
        self.lock().open().map(|stream| stream.session).collect()
    }

    /// Closes the streams of these sessions.
    pub fn close(&self, ended: &HashSet<sessions::Id>) {
        let mut streams = self.lock();
        for of_user in streams.by_user.values_mut() {
            of_user.retain(|stream| !ended.contains(&stream.session));
        }
    }

    /// Drops the journals of users who have had no stream for a while.
    pub fn forget_departed(&self) {
        let is_kept = |of_user: &StreamsOfUser| of_user.left_at.is_none_or(|left_at| left_at.elapsed() < JOURNAL_TTL);
        self.lock().by_user.retain(|_, of_user| is_kept(of_user));
    }

    /// Returns true if the user has a stream open on this server.
    pub fn has_stream(&self, user: user::Id) -> bool {
        self.lock().by_user.get(&user).is_some_and(|of_user| !of_user.open.is_empty())
    }

    /// Number of open streams.
    pub fn stream_count(&self) -> usize {
        self.lock().open().count()
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        // A poisoned lock is usable: no change in this file can panic halfway.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Streams {
    fn default() -> Self {
        let (by_user, unsettled) = (HashMap::new(), Unsettled::default());
        Self { server: Uuid::new_v4(), by_user, opened: 0, position: 0, bus: None, unsettled }
    }
}

impl Streams {
    /// Queues an event for the streams of a user. A stream whose queue is full ends after its queued events are read.
    fn push(&mut self, user: user::Id, event: &Event, text: &Arc<str>) {
        let Some(of_user) = self.by_user.get_mut(&user) else { return };
        if event.is_presence() && !of_user.hears_presence {
            return;
        }
        let position = (!event.is_momentary()).then(|| {
            self.position += 1;
            of_user.journal.add(self.position, Arc::clone(text));
            Position { server: self.server, count: self.position }
        });
        let pushed = Pushed::Event { text: Arc::clone(text), position };
        of_user.retain(|stream| stream.sender.try_send(pushed.clone()).is_ok());
    }

    fn of_user(&mut self, user: user::Id) -> &mut StreamsOfUser {
        let start = self.position;
        self.by_user.entry(user).or_insert_with(|| StreamsOfUser::new(start))
    }

    /// Position of the last journaled event.
    fn position(&self) -> Position {
        Position { server: self.server, count: self.position }
    }

    fn open(&self) -> impl Iterator<Item = &OpenStream> {
        self.by_user.values().flat_map(|of_user| &of_user.open)
    }
}

impl Subscription {
    /// Returns the user of the stream.
    pub fn user(&self) -> user::Id {
        self.user
    }

    /// Returns the next item, or `None` once the stream is closed.
    pub async fn next(&mut self) -> Option<Pushed> {
        self.receiver.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(of_user) = self.hub.lock().by_user.get_mut(&self.user) {
            of_user.retain(|stream| stream.number != self.number);
        }
    }
}
