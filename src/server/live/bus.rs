//! The way of events between servers: NATS, where `NATS_URL` is set. It holds nothing, and may lose anything: then pages
//! are told that something may be missing, and ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Subscriber};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::event::Event;
use crate::server::live::{Hub, Presence};
use crate::user;

/// How many events may wait to be carried. More, and the other servers' pages are told to ask.
const WAITING_MAX: usize = 1024;

/// How often pages are told to ask while the other servers cannot be heard.
const AWAY_INTERVAL: Duration = Duration::from_secs(10);

/// How long until it is tried again to be heard.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// What one server tells the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Telling {
    /// Which server: it has told its own pages already.
    from: Uuid,
    /// Whom; none for everybody.
    to: Option<Vec<user::Id>>,
    event: Event,
}

/// One end of the bus. Cloning copies handles.
#[derive(Clone)]
pub struct Bus {
    tellings: mpsc::Sender<(Vec<user::Id>, Event)>,
    /// Whether something was to be told that was not.
    lossy: Arc<AtomicBool>,
}

impl Bus {
    /// Joins the servers that use the same table. A NATS that is away is waited for, in the background.
    pub async fn join(
        url: &str,
        table: &str,
        hub: Hub,
        presence: Presence,
        closing: CancellationToken,
    ) -> anyhow::Result<Self> {
        let gap = Arc::new(Notify::new());
        let met = Arc::clone(&gap);
        let options = ConnectOptions::new().retry_on_initial_connect().event_callback(move |event| {
            tracing::info!(%event, "the bus between servers");
            // However short it was away, or however little was dropped.
            if matches!(event, async_nats::Event::Connected | async_nats::Event::SlowConsumer(_)) {
                met.notify_one();
            }
            async {}
        });
        let client = options.connect(url).await.with_context(|| format!("connect to NATS at {url}"))?;
        let (tellings, waiting) = mpsc::channel(WAITING_MAX);
        let lossy = Arc::new(AtomicBool::new(false));
        let line = Line {
            client,
            subject: format!("cruddur-messages.{table}.events"),
            server: Uuid::new_v4(),
            hub,
            presence,
            gap,
            lossy: Arc::clone(&lossy),
        };
        tokio::spawn(async move { closing.run_until_cancelled(line.carry(waiting)).await });
        Ok(Self { tellings, lossy })
    }

    /// Tells the pages of these people at the other servers. Never waits.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        if self.tellings.try_send((to.to_vec(), event.clone())).is_err() {
            self.lossy.store(true, Ordering::Relaxed);
        }
    }
}

/// What carrying takes.
struct Line {
    client: Client,
    subject: String,
    server: Uuid,
    hub: Hub,
    presence: Presence,
    /// Something that others have told may not have been heard.
    gap: Arc<Notify>,
    lossy: Arc<AtomicBool>,
}

impl Line {
    async fn carry(self, mut waiting: mpsc::Receiver<(Vec<user::Id>, Event)>) {
        let mut subscriber = self.subscribe().await;
        let mut ticks = interval(AWAY_INTERVAL);
        loop {
            tokio::select! {
                Some((to, event)) = waiting.recv() => self.tell(Some(to), event).await,
                message = subscriber.next() => match message {
                    Some(message) => self.heed(&message.payload),
                    None => subscriber = self.subscribe().await,
                },
                () = self.gap.notified() => {
                    // What was told while nobody could be heard is lost, on both sides.
                    self.hub.tell_all(&Event::Resync);
                    self.tell(None, Event::Resync).await;
                }
                _ = ticks.tick() => {
                    if !self.is_connected() {
                        self.hub.tell_all(&Event::Resync);
                    } else if self.lossy.swap(false, Ordering::Relaxed) {
                        self.tell(None, Event::Resync).await;
                    }
                }
            }
        }
    }

    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    async fn subscribe(&self) -> Subscriber {
        loop {
            match self.client.subscribe(self.subject.clone()).await {
                Ok(subscriber) => return subscriber,
                Err(error) => tracing::warn!(%error, "the other servers are not heard"),
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    async fn tell(&self, to: Option<Vec<user::Id>>, event: Event) {
        // A client that is not connected would keep what is late by then.
        let sent = self.is_connected() && self.publish(to, event).await.is_ok();
        if !sent {
            self.lossy.store(true, Ordering::Relaxed);
        }
    }

    async fn publish(&self, to: Option<Vec<user::Id>>, event: Event) -> anyhow::Result<()> {
        let telling = serde_json::to_vec(&Telling { from: self.server, to, event })?;
        Ok(self.client.publish(self.subject.clone(), telling.into()).await?)
    }

    fn heed(&self, payload: &[u8]) {
        match serde_json::from_slice::<Telling>(payload) {
            Ok(telling) if telling.from == self.server => {}
            Ok(Telling { to: None, event, .. }) => self.hub.tell_all(&event),
            Ok(Telling { to: Some(to), event, .. }) => {
                self.hub.tell(&to, &event);
                self.presence.heed(&to, &event);
            }
            // A newer server tells what this one does not know.
            Err(_) => self.hub.tell_all(&Event::Resync),
        }
    }
}
