//! The streams that are open on this server, by person.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::bus::Bus;
use crate::server::store::postgres::sessions;

/// The most streams of one person: tabs and devices.
pub const STREAMS_MAX: usize = 24;

/// How many events may wait for a page that does not read. One more, and its stream ends: it asks for what it missed.
const WAITING_MAX: usize = 64;

/// Who hears of what. Holds nothing that may not be lost. Cloning copies a handle.
#[derive(Clone, Default)]
pub struct Hub {
    streams: Arc<Mutex<Streams>>,
}

#[derive(Default)]
struct Streams {
    by_user: HashMap<user::Id, Vec<Outlet>>,
    opened: u64,
    bus: Option<Bus>,
}

/// The end of a stream at which events go in.
struct Outlet {
    number: u64,
    session: sessions::Id,
    sender: mpsc::Sender<Arc<str>>,
}

/// One stream of a person. It is closed when dropped.
pub struct Subscription {
    hub: Hub,
    user: user::Id,
    number: u64,
    receiver: mpsc::Receiver<Arc<str>>,
}

impl Hub {
    /// Opens a stream for a person. Refused where they have [`STREAMS_MAX`].
    pub fn subscribe(&self, user: user::Id, session: sessions::Id) -> Result<Subscription, AppError> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let mut streams = self.lock();
        streams.opened += 1;
        let number = streams.opened;
        let outlets = streams.by_user.entry(user).or_default();
        if outlets.len() >= STREAMS_MAX {
            return Err(AppError::RateLimited { retry_after_secs: 60 });
        }
        outlets.push(Outlet { number, session, sender });
        Ok(Subscription { hub: self.clone(), user, number, receiver })
    }

    /// Carries from now on to the other servers what is published here.
    pub fn join(&self, bus: Bus) {
        self.lock().bus = Some(bus);
    }

    /// Tells these people, at whichever server their pages are. Never waits: a stream that does not keep up ends.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        self.tell(to, event);
        let bus = self.lock().bus.clone();
        if let Some(bus) = bus {
            bus.publish(to, event);
        }
    }

    /// Tells the other servers what they would tell these people. They tell no page.
    pub fn tell_servers(&self, to: &[user::Id], event: &Event) {
        let bus = self.lock().bus.clone();
        if let Some(bus) = bus {
            bus.publish_to_servers(to, event);
        }
    }

    /// Tells everybody whose pages are at this server.
    pub fn tell_all(&self, event: &Event) {
        let everybody: Vec<_> = self.lock().by_user.keys().copied().collect();
        self.tell(&everybody, event);
    }

    /// Tells these people's pages at this server.
    pub fn tell(&self, to: &[user::Id], event: &Event) {
        let Ok(text) = serde_json::to_string(event) else { return };
        let text: Arc<str> = text.into();
        let mut streams = self.lock();
        for user in to {
            streams.retain(*user, |outlet| outlet.sender.try_send(Arc::clone(&text)).is_ok());
        }
    }

    /// The sessions that have a stream open.
    pub fn sessions(&self) -> HashSet<sessions::Id> {
        self.lock().by_user.values().flatten().map(|outlet| outlet.session).collect()
    }

    /// Ends the streams of these sessions.
    pub fn close(&self, over: &HashSet<sessions::Id>) {
        let mut streams = self.lock();
        let people: Vec<_> = streams.by_user.keys().copied().collect();
        for user in people {
            streams.retain(user, |outlet| !over.contains(&outlet.session));
        }
    }

    /// Whether a person has a stream open here.
    pub fn is_open(&self, user: user::Id) -> bool {
        self.lock().by_user.contains_key(&user)
    }

    /// How many streams are open.
    pub fn open(&self) -> usize {
        self.lock().by_user.values().map(Vec::len).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        // Nothing in here panics half-way through a change.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Keeps the streams of a person that `keep` says; the others end when they have been read to the end.
    fn retain(&mut self, user: user::Id, keep: impl FnMut(&mut Outlet) -> bool) {
        if let Some(outlets) = self.by_user.get_mut(&user) {
            outlets.retain_mut(keep);
            if outlets.is_empty() {
                self.by_user.remove(&user);
            }
        }
    }
}

impl Subscription {
    /// Whose it is.
    pub fn user(&self) -> user::Id {
        self.user
    }

    /// The next event, as JSON; none when the stream is to end.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        self.receiver.recv().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.lock().retain(self.user, |outlet| outlet.number != self.number);
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
    async fn an_event_reaches_every_stream_of_the_people_it_is_for_and_nobody_else() {
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
    async fn a_stream_that_nobody_reads_ends_and_takes_no_more_room() {
        let hub = Hub::default();
        let mut stream = hub.subscribe(ana(), id(1)).expect("open");
        for _ in 0..=WAITING_MAX {
            hub.publish(&[ana()], &Event::Resync);
        }
        assert_eq!(hub.open(), 0);
        for _ in 0..WAITING_MAX {
            assert!(stream.next().await.is_some());
        }
        assert_eq!(stream.next().await, None);
    }

    #[test]
    fn a_person_has_so_many_streams_and_a_closed_one_makes_room() {
        let hub = Hub::default();
        let mut streams: Vec<_> = (0..STREAMS_MAX).map(|_| hub.subscribe(ana(), id(1)).expect("open")).collect();
        assert!(matches!(hub.subscribe(ana(), id(1)), Err(AppError::RateLimited { .. })));
        streams.pop();
        assert!(hub.subscribe(ana(), id(1)).is_ok());
        drop(streams);
        assert_eq!((hub.open(), hub.sessions().len()), (0, 0));
    }
}
