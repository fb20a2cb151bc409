//! The event streams that are open on this server, by user.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::bus::Bus;
use crate::server::store::postgres::sessions;

/// Maximum number of streams of one user: tabs and devices.
pub const STREAMS_MAX: usize = 24;

/// Maximum number of queued events of a page that does not read. One more ends its stream; the page reconnects and
/// reloads its data.
const QUEUED_MAX: usize = 64;

/// Publisher of live events. Holds nothing that must survive a restart. Cloning copies a handle.
#[derive(Clone, Default)]
pub struct Hub {
    streams: Arc<Mutex<Streams>>,
}

#[derive(Default)]
struct Streams {
    by_user: HashMap<user::Id, Vec<OpenStream>>,
    opened: u64,
    bus: Option<Bus>,
}

/// Sending half of a stream.
struct OpenStream {
    number: u64,
    session: sessions::Id,
    sender: mpsc::Sender<Arc<str>>,
}

/// Receiving half of a stream. Dropping it closes the stream.
pub struct Subscription {
    hub: Hub,
    user: user::Id,
    number: u64,
    receiver: mpsc::Receiver<Arc<str>>,
}

impl Hub {
    /// Opens a stream for a user. Denied if the user already has [`STREAMS_MAX`].
    pub fn subscribe(&self, user: user::Id, session: sessions::Id) -> Result<Subscription, AppError> {
        let (sender, receiver) = mpsc::channel(QUEUED_MAX);
        let mut streams = self.lock();
        streams.opened += 1;
        let number = streams.opened;
        let of_user = streams.by_user.entry(user).or_default();
        if of_user.len() >= STREAMS_MAX {
            return Err(AppError::RateLimited { retry_after_secs: 60 });
        }
        of_user.push(OpenStream { number, session, sender });
        Ok(Subscription { hub: self.clone(), user, number, receiver })
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
            streams.retain(*user, |stream| stream.sender.try_send(Arc::clone(&text)).is_ok());
        }
    }

    /// Returns the sessions that have a stream open.
    pub fn sessions(&self) -> HashSet<sessions::Id> {
        self.lock().by_user.values().flatten().map(|stream| stream.session).collect()
    }

    /// Closes the streams of these sessions.
    pub fn close(&self, ended: &HashSet<sessions::Id>) {
        let mut streams = self.lock();
        let users: Vec<_> = streams.by_user.keys().copied().collect();
        for user in users {
            streams.retain(user, |stream| !ended.contains(&stream.session));
        }
    }

    /// Returns true if the user has a stream open on this server.
    pub fn has_stream(&self, user: user::Id) -> bool {
        self.lock().by_user.contains_key(&user)
    }

    /// Number of open streams.
    pub fn stream_count(&self) -> usize {
        self.lock().by_user.values().map(Vec::len).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        // A poisoned lock is usable: no change in this file can panic halfway.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Keeps the streams of a user for which `keep` returns true. A removed one ends after its queued events are read.
    fn retain(&mut self, user: user::Id, keep: impl FnMut(&mut OpenStream) -> bool) {
        if let Some(of_user) = self.by_user.get_mut(&user) {
            of_user.retain_mut(keep);
            if of_user.is_empty() {
                self.by_user.remove(&user);
            }
        }
    }
}

impl Subscription {
    /// Returns the user of the stream.
    pub fn user(&self) -> user::Id {
        self.user
    }

    /// Returns the next event as JSON, or `None` once the stream is closed.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        self.receiver.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.lock().retain(self.user, |stream| stream.number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    fn id(n: u8) -> sessions::Id {
        sessions::Id([n; 32])
    }

    fn ana() -> user::Id {
        samples::user(1, "ana").id
    }

    #[tokio::test]
    async fn an_event_reaches_every_stream_of_its_recipients_and_no_other() {
        let hub = Hub::default();
        let mut mine = [hub.subscribe(ana(), id(1)).expect("open"), hub.subscribe(ana(), id(2)).expect("open")];
        let mut others = hub.subscribe(samples::user(2, "ben").id, id(3)).expect("open");
        hub.publish(&[ana()], &Event::Resync);
        for stream in &mut mine {
            assert_eq!(stream.next().await.as_deref(), Some(r#"{"type":"resync"}"#));
        }
        hub.close(&HashSet::from([id(3)]));
        assert_eq!(others.next().await, None);
    }

    #[tokio::test]
    async fn a_stream_that_is_not_read_is_closed_and_removed() {
        let hub = Hub::default();
        let mut stream = hub.subscribe(ana(), id(1)).expect("open");
        for _ in 0..=QUEUED_MAX {
            hub.publish(&[ana()], &Event::Resync);
        }
        assert_eq!(hub.stream_count(), 0);
        for _ in 0..QUEUED_MAX {
            assert!(stream.next().await.is_some());
        }
        assert_eq!(stream.next().await, None);
    }

    #[test]
    fn the_streams_of_a_user_are_limited_and_a_closed_stream_frees_a_slot() {
        let hub = Hub::default();
        let mut streams: Vec<_> = (0..STREAMS_MAX).map(|_| hub.subscribe(ana(), id(1)).expect("open")).collect();
        assert!(matches!(hub.subscribe(ana(), id(1)), Err(AppError::RateLimited { .. })));
        streams.pop();
        assert!(hub.subscribe(ana(), id(1)).is_ok());
        drop(streams);
        assert_eq!((hub.stream_count(), hub.sessions().len()), (0, 0));
    }
}
