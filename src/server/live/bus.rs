//! Publisher of events to the other servers. [`nats`](crate::server::live::nats) is the connection that sends them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use prometheus_client::metrics::counter::Counter;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::event::Event;
use crate::domain::user;
use crate::server::metrics::Metrics;
use crate::server::store::postgres::remembered::ChangedRows;

/// Maximum number of queued outgoing events. Beyond it events are dropped, and the pages of the other servers resync.
const QUEUED_MAX: usize = 1024;

/// Message on the bus.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Envelope {
    /// The sending server. It receives its own messages back and ignores them.
    pub(super) from: Uuid,
    /// Recipients. `None` broadcasts to all users.
    pub(super) to: Option<Vec<user::Id>>,
    pub(super) event: Event,
    /// If true, only the servers handle the event and no page receives it.
    #[serde(default)]
    pub(super) for_servers: bool,
    /// Rows of PostgreSQL that the sending server has changed.
    #[serde(default, skip_serializing_if = "ChangedRows::is_empty")]
    pub(super) changed: ChangedRows,
}

/// Publisher of this server on the bus. Cloning copies handles.
#[derive(Clone)]
pub struct Bus {
    server: Uuid,
    outgoing: mpsc::Sender<Envelope>,
    /// True if an event was lost since the last broadcast resync.
    lossy: Arc<AtomicBool>,
    lost: Counter,
}

impl Bus {
    /// Creates the publisher of a server, and the queue of its events for the connection.
    pub(super) fn new() -> (Self, mpsc::Receiver<Envelope>) {
        let (outgoing, queued) = mpsc::channel(QUEUED_MAX);
        (Self { server: Uuid::new_v4(), outgoing, lossy: Arc::default(), lost: Counter::default() }, queued)
    }

    /// Publishes an event to the pages of these users on the other servers. Never waits.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, false);
    }

    /// Publishes an event that only the other servers handle. Never waits.
    pub fn publish_to_servers(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, true);
    }

    /// Makes the other servers forget rows that this one has changed. Never waits. A lost notification needs no resync:
    /// the servers read the rows again within seconds.
    pub fn publish_changed(&self, changed: ChangedRows) {
        // For a server of an earlier version this is an event for no user.
        let envelope = Envelope { for_servers: true, changed, ..self.envelope(&[], &Event::Resync) };
        let _ = self.outgoing.try_send(envelope);
    }

    fn send(&self, to: &[user::Id], event: &Event, for_servers: bool) {
        let envelope = Envelope { for_servers, ..self.envelope(to, event) };
        if self.outgoing.try_send(envelope).is_err() {
            self.mark_lossy();
        }
    }

    fn envelope(&self, to: &[user::Id], event: &Event) -> Envelope {
        let changed = ChangedRows::default();
        Envelope { from: self.server, to: Some(to.to_vec()), event: event.clone(), for_servers: false, changed }
    }

    /// Returns the message that makes all pages of the other servers resync.
    pub(super) fn resync(&self) -> Envelope {
        Envelope { to: None, ..self.envelope(&[], &Event::Resync) }
    }

    /// Adds the lost events to the metrics of the server.
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.register("bus_events_lost", "Events that did not reach the bus", self.lost.clone());
    }

    /// Id of this server on the bus.
    pub(super) fn server(&self) -> Uuid {
        self.server
    }

    /// Records that an outgoing event was lost.
    pub(super) fn mark_lossy(&self) {
        self.lossy.store(true, Ordering::Relaxed);
        self.lost.inc();
    }

    /// Returns true if an outgoing event was lost since the last call.
    pub(super) fn take_lossy(&self) -> bool {
        self.lossy.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::postgres::sessions;

    /// Message on the bus as the servers before the caches read it.
    #[derive(Deserialize)]
    struct FormerEnvelope {
        to: Option<Vec<user::Id>>,
        event: Event,
        for_servers: bool,
    }

    fn sent(queued: &mut mpsc::Receiver<Envelope>) -> String {
        serde_json::to_string(&queued.try_recv().expect("a message")).expect("JSON")
    }

    #[test]
    fn changed_rows_reach_other_servers_and_are_an_event_for_no_user_on_former_ones() {
        let (bus, mut queued) = Bus::new();
        let changed = ChangedRows { sessions: vec![sessions::Id([7; 32])], users: vec![user::Id(Uuid::from_u128(3))] };
        bus.publish_changed(changed.clone());
        let text = sent(&mut queued);
        let envelope: Envelope = serde_json::from_str(&text).expect("an envelope");
        assert_eq!((envelope.from, envelope.changed), (bus.server(), changed));
        let former: FormerEnvelope = serde_json::from_str(&text).expect("an envelope");
        assert_eq!((former.to, former.event, former.for_servers), (Some(Vec::new()), Event::Resync, true));
    }

    #[test]
    fn events_name_no_changed_rows_and_those_of_former_servers_are_read() {
        let (bus, mut queued) = Bus::new();
        bus.publish(&[user::Id(Uuid::nil())], &Event::Resync);
        let text = sent(&mut queued);
        assert!(!text.contains("changed"), "{text}");
        let envelope: Envelope = serde_json::from_str(&text).expect("an envelope");
        assert!(envelope.changed.is_empty() && !envelope.for_servers);
    }

    #[test]
    fn a_notification_of_changed_rows_that_is_lost_makes_no_page_resync() {
        let (bus, _queued) = Bus::new();
        for _ in 0..=QUEUED_MAX {
            bus.publish_changed(ChangedRows::default());
        }
        assert!(!bus.take_lossy());
        bus.publish(&[], &Event::Resync);
        assert!(bus.take_lossy(), "unlike a lost event");
    }
}
