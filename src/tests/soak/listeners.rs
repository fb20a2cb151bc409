//! Open event streams, and the deliveries on them.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::{self, Message};
use cruddur_messages::domain::user;
use reqwest::header::COOKIE;
use reqwest::{Client, Response, StatusCode};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::signed_in::SignedIn;

/// Deliveries of messages to the recipients.
pub(crate) struct Deliveries {
    started: Instant,
    /// Delivery time of each message.
    times: Mutex<HashMap<message::Id, Duration>>,
    duplicates: AtomicU64,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { started: Instant::now(), times: Mutex::default(), duplicates: AtomicU64::new(0) }
    }
}

impl Deliveries {
    /// Returns a message text with the current time, in microseconds since the start.
    pub(crate) fn timestamp(&self) -> String {
        self.started.elapsed().as_micros().to_string()
    }

    /// Returns the number of delivered messages.
    pub(crate) fn count(&self) -> u64 {
        self.times().len() as u64
    }

    /// Returns the number of repeated deliveries.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates.load(Ordering::Relaxed)
    }

    fn record(&self, message: &Message) {
        // The first messages of the conversations have no timestamp.
        let Ok(sent_at) = message.body.parse().map(Duration::from_micros) else { return };
        let time = self.started.elapsed().saturating_sub(sent_at);
        if self.times().insert(message.id, time).is_some() {
            self.duplicates.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn times(&self) -> MutexGuard<'_, HashMap<message::Id, Duration>> {
        // No code panics in the middle of a change, so the map is valid even if the lock is poisoned.
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times: Vec<_> = self.times().values().copied().collect();
        times.sort();
        let percentile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        let longest = times.last().copied().unwrap_or_default();
        writeln!(
            f,
            "Delivery time, from send request to recipient's stream: p50 {:.1?}, p99 {:.1?}, longest {longest:.1?}",
            percentile(50),
            percentile(99),
        )
    }
}

/// Open event stream of a user. Closed when dropped.
pub(crate) struct Listener(JoinHandle<()>);

impl Listener {
    /// Opens a stream, and waits until the server has sent the first event.
    pub(crate) async fn open(
        http: &Client,
        server: SocketAddr,
        user: &SignedIn,
        deliveries: Arc<Deliveries>,
    ) -> anyhow::Result<Self> {
        let mut response = http.get(format!("http://{server}/events")).header(COOKIE, &user.cookie).send().await?;
        anyhow::ensure!(response.status() == StatusCode::OK, "event stream: {}", response.status());
        anyhow::ensure!(response.chunk().await?.is_some(), "event stream ended before the first event");
        Ok(Self(tokio::spawn(listen(response, user.user.id, deliveries))))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(mut response: Response, me: user::Id, deliveries: Arc<Deliveries>) {
    let mut unread = String::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        unread.push_str(&String::from_utf8_lossy(&chunk));
        while let Some((block, rest)) = unread.split_once("\n\n") {
            let event = block
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("data: "))
                .and_then(|data| serde_json::from_str(data).ok());
            if let Some(Event::MessageSent { message, .. }) = event
                && message.author != me
            {
                deliveries.record(&message);
            }
            unread = rest.to_owned();
        }
    }
}
