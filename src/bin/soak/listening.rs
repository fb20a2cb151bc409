//! Open streams, and what is heard on them.

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

use crate::people::Person;

/// What the people who did not write it have heard.
pub(crate) struct Heard {
    begun: Instant,
    /// How long each message took.
    took: Mutex<HashMap<message::Id, Duration>>,
    doubled: AtomicU64,
}

impl Default for Heard {
    fn default() -> Self {
        Self { begun: Instant::now(), took: Mutex::default(), doubled: AtomicU64::new(0) }
    }
}

impl Heard {
    /// A text that says when it was sent: microseconds since the beginning.
    pub(crate) fn stamp(&self) -> String {
        self.begun.elapsed().as_micros().to_string()
    }

    /// How many messages were heard.
    pub(crate) fn count(&self) -> u64 {
        self.took().len() as u64
    }

    /// How many were heard more than once.
    pub(crate) fn doubled(&self) -> u64 {
        self.doubled.load(Ordering::Relaxed)
    }

    fn hear(&self, message: &Message) {
        // What was written before the talk bears no stamp.
        let Ok(sent_at) = message.body.parse().map(Duration::from_micros) else { return };
        let took = self.begun.elapsed().saturating_sub(sent_at);
        if self.took().insert(message.id, took).is_some() {
            self.doubled.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn took(&self) -> MutexGuard<'_, HashMap<message::Id, Duration>> {
        // Nothing in here panics half-way through a change.
        self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took: Vec<_> = self.took().values().copied().collect();
        took.sort();
        let percentile = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
        let last = took.last().copied().unwrap_or_default();
        writeln!(
            f,
            "Delivery, from pressing Enter to the other page: p50 {:.1?}, p99 {:.1?}, longest {last:.1?}",
            percentile(50),
            percentile(99),
        )
    }
}

/// Somebody's open stream. Closed when dropped.
pub(crate) struct Listener(JoinHandle<()>);

impl Listener {
    /// Opens it, and waits until the server has said something.
    pub(crate) async fn open(
        http: &Client,
        server: SocketAddr,
        person: &Person,
        heard: Arc<Heard>,
    ) -> anyhow::Result<Self> {
        let mut response = http.get(format!("http://{server}/events")).header(COOKIE, &person.cookie).send().await?;
        anyhow::ensure!(response.status() == StatusCode::OK, "a stream: {}", response.status());
        anyhow::ensure!(response.chunk().await?.is_some(), "a stream ended before it said anything");
        Ok(Self(tokio::spawn(listen(response, person.id, heard))))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(mut response: Response, me: user::Id, heard: Arc<Heard>) {
    let mut unread = String::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        unread.push_str(&String::from_utf8_lossy(&chunk));
        while let Some((block, rest)) = unread.split_once("\n\n") {
            let event = block.strip_prefix("data: ").and_then(|data| serde_json::from_str(data).ok());
            if let Some(Event::MessageSent { message, .. }) = event
                && message.author != me
            {
                heard.hear(&message);
            }
            unread = rest.to_owned();
        }
    }
}
