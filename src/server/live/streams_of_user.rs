//! Open streams of one user on this server.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use crate::domain::position::Position;
use crate::server::live::journal::Journal;
use crate::server::store::postgres::sessions;

/// Sending half of a stream.
pub(super) struct OpenStream {
    pub(super) number: u64,
    pub(super) session: sessions::Id,
    pub(super) sender: mpsc::Sender<Pushed>,
}

/// Item of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// Event as JSON. Events that need no replay, such as presence, have no position.
    Event { text: Arc<str>, position: Option<Position> },
    /// Last item of a stream that has given way to a newer one of the same user.
    GaveWay,
}

/// Streams and recent events of a user.
pub(super) struct StreamsOfUser {
    /// Oldest first.
    pub(super) open: Vec<OpenStream>,
    pub(super) journal: Journal,
    /// False if the user has turned presence off, so that the streams get no events about that of others.
    pub(super) hears_presence: bool,
    /// Time at which the last stream was closed.
    pub(super) left_at: Option<Instant>,
}

impl StreamsOfUser {
    /// Starts without streams. The journal knows the events after `position`.
    pub(super) fn new(position: u64) -> Self {
        Self { open: Vec::new(), journal: Journal::new(position), hears_presence: true, left_at: None }
    }

    /// Keeps the streams for which `keep` returns true, and notes the time if the last one goes.
    pub(super) fn retain(&mut self, keep: impl FnMut(&mut OpenStream) -> bool) {
        let had_streams = !self.open.is_empty();
        self.open.retain_mut(keep);
        if had_streams && self.open.is_empty() {
            self.left_at = Some(Instant::now());
        }
    }
}
