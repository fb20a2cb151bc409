//! Publisher of events to the other servers. [`nats`](crate::server::live::nats) is the connection that sends them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::event::Event;
use crate::domain::user;

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
}

/// Publisher of this server on the bus. Cloning copies handles.
#[derive(Clone)]
pub struct Bus {
    server: Uuid,
    outgoing: mpsc::Sender<Envelope>,
    /// True if an event was lost since the last broadcast resync.
    lossy: Arc<AtomicBool>,
}

impl Bus {
    /// Creates the publisher of a server, and the queue of its events for the connection.
    pub(super) fn new() -> (Self, mpsc::Receiver<Envelope>) {
        let (outgoing, queued) = mpsc::channel(QUEUED_MAX);
        (Self { server: Uuid::new_v4(), outgoing, lossy: Arc::default() }, queued)
    }

    /// Publishes an event to the pages of these users on the other servers. Never waits.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, false);
    }

    /// Publishes an event that only the other servers handle. Never waits.
    pub fn publish_to_servers(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, true);
    }

    fn send(&self, to: &[user::Id], event: &Event, for_servers: bool) {
        let envelope = Envelope { from: self.server, to: Some(to.to_vec()), event: event.clone(), for_servers };
        if self.outgoing.try_send(envelope).is_err() {
            self.mark_lossy();
        }
    }

    /// Id of this server on the bus.
    pub(super) fn server(&self) -> Uuid {
        self.server
    }

    /// Records that an outgoing event was lost.
    pub(super) fn mark_lossy(&self) {
        self.lossy.store(true, Ordering::Relaxed);
    }

    /// Returns true if an outgoing event was lost since the last call.
    pub(super) fn take_lossy(&self) -> bool {
        self.lossy.swap(false, Ordering::Relaxed)
    }
}
