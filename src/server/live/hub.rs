//! The event streams that are open on this server, by user.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::bus::Bus;
use crate::server::live::journal::Journal;
use crate::server::store::postgres::sessions;

/// Maximum number of streams of one user. A browser opens one, however many of its tabs show the user's messages.
pub const STREAMS_MAX: usize = 24;

/// Maximum number of queued events of a page that does not read. One more ends its stream; the page reconnects and
/// reloads its data.
const QUEUED_MAX: usize = 64;

/// Time for which the journal of a user without a stream is kept: long enough for a page that reconnects.
const JOURNAL_TTL: Duration = Duration::from_secs(120);

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
}

/// Streams and recent events of a user.
struct StreamsOfUser {
    /// Oldest first.
    open: Vec<OpenStream>,
    journal: Journal,
    /// Time at which the last stream was closed.
    left_at: Option<Instant>,
}

/// Sending half of a stream.
struct OpenStream {
    number: u64,
    session: sessions::Id,
    sender: mpsc::Sender<Pushed>,
}

/// Item of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// Event as JSON. Events that need no replay, such as presence, have no position.
    Event { text: Arc<str>, position: Option<String> },
    /// Last item of a stream that has given way to a newer one of the same user.
    GaveWay,
}

/// Receiving half of a stream. Dropping it closes the stream.
pub struct Subscription {
    hub: Hub,
    user: user::Id,
    number: u64,
    receiver: mpsc::Receiver<Pushed>,
    /// Position at which the stream begins.
    pub position: String,
    /// True if the stream begins where an earlier one ended, so that the page has missed nothing.
    pub is_resumed: bool,
}

impl Hub {
    /// Opens a stream for a user. If the user already has [`STREAMS_MAX`], the oldest one gives way.
    pub fn subscribe(&self, user: user::Id, session: sessions::Id) -> Subscription {
        self.resume(user, session, None)
    }

    /// Opens a stream that continues after the position `after` of an earlier one, if the events since are still known.
    pub fn resume(&self, user: user::Id, session: sessions::Id, after: Option<&str>) -> Subscription {
        let (sender, receiver) = mpsc::channel(QUEUED_MAX);
        let mut streams = self.lock();
        streams.opened += 1;
        let (number, server, start) = (streams.opened, streams.server, streams.position);
        let of_user = streams.by_user.entry(user).or_insert_with(|| StreamsOfUser::new(start));
        let missed = after.and_then(|after| of_user.journal.after(count_of(server, after)?));
        let is_resumed = missed.is_some();
        for (count, text) in missed.into_iter().flatten() {
            // The queue is longer than the journal.
            let _ = sender.try_send(Pushed::Event { text, position: Some(position(server, count)) });
        }
        let begins_at = after.filter(|_| is_resumed).map_or_else(|| position(server, start), str::to_owned);
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
        self.lock().bus = Some(bus);
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

    /// Publishes an event to all users with a stream on this server.
    pub fn broadcast_locally(&self, event: &Event) {
        let users: Vec<_> = self.lock().by_user.keys().copied().collect();
        self.publish_locally(&users, event);
    }

    /// Publishes an event to the streams of these users on this server.
    pub fn publish_locally(&self, to: &[user::Id], event: &Event) {
        let Ok(text) = serde_json::to_string(event) else { return };
        let text: Arc<str> = text.into();
        let mut streams = self.lock();
        for user in to {
            streams.push(*user, &text, !event.is_momentary());
        }
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
        Self { server: Uuid::new_v4(), by_user: HashMap::new(), opened: 0, position: 0, bus: None }
    }
}

impl Streams {
    /// Queues an event for the streams of a user. A stream whose queue is full ends after its queued events are read.
    fn push(&mut self, user: user::Id, text: &Arc<str>, is_journaled: bool) {
        let Some(of_user) = self.by_user.get_mut(&user) else { return };
        let position = is_journaled.then(|| {
            self.position += 1;
            of_user.journal.add(self.position, Arc::clone(text));
            position(self.server, self.position)
        });
        let pushed = Pushed::Event { text: Arc::clone(text), position };
        of_user.retain(|stream| stream.sender.try_send(pushed.clone()).is_ok());
    }

    fn open(&self) -> impl Iterator<Item = &OpenStream> {
        self.by_user.values().flat_map(|of_user| &of_user.open)
    }
}

impl StreamsOfUser {
    /// Starts without streams. The journal knows the events after `position`.
    fn new(position: u64) -> Self {
        Self { open: Vec::new(), journal: Journal::new(position), left_at: None }
    }

    fn retain(&mut self, keep: impl FnMut(&mut OpenStream) -> bool) {
        let had_streams = !self.open.is_empty();
        self.open.retain_mut(keep);
        if had_streams && self.open.is_empty() {
            self.left_at = Some(Instant::now());
        }
    }
}

/// Returns the text of a position, which names the server.
fn position(server: Uuid, count: u64) -> String {
    format!("{}-{count}", server.simple())
}

/// Reads a position of this server.
fn count_of(server: Uuid, position: &str) -> Option<u64> {
    let (of, count) = position.split_once('-')?;
    count.parse().ok().filter(|_| of == server.simple().to_string())
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
