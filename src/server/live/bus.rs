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

use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::{Hub, Presence};

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
    /// Whether it is for the servers alone: no page is told.
    #[serde(default)]
    for_servers: bool,
}

/// One end of the bus. Cloning copies handles.
#[derive(Clone)]
pub struct Bus {
    /// Which server's.
    server: Uuid,
    tellings: mpsc::Sender<Telling>,
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
        let server = Uuid::new_v4();
        let line = Line {
            client,
            subject: format!("cruddur-messages.{table}.events"),
            server,
            hub,
            presence,
            gap,
            lossy: Arc::clone(&lossy),
        };
        tokio::spawn(async move { closing.run_until_cancelled(line.carry(waiting)).await });
        Ok(Self { server, tellings, lossy })
    }

    /// Tells the pages of these people at the other servers. Never waits.
    pub fn publish(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, false);
    }

    /// Tells the other servers alone. Never waits.
    pub fn publish_to_servers(&self, to: &[user::Id], event: &Event) {
        self.send(to, event, true);
    }

    fn send(&self, to: &[user::Id], event: &Event, for_servers: bool) {
        let telling = Telling { from: self.server, to: Some(to.to_vec()), event: event.clone(), for_servers };
        if self.tellings.try_send(telling).is_err() {
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
    async fn carry(self, mut waiting: mpsc::Receiver<Telling>) {
        let mut subscriber = self.subscribe().await;
        let mut ticks = interval(AWAY_INTERVAL);
        loop {
            tokio::select! {
                Some(telling) = waiting.recv() => self.tell(&telling).await,
                message = subscriber.next() => match message {
                    Some(message) => self.heed(&message.payload),
                    None => subscriber = self.subscribe().await,
                },
                () = self.gap.notified() => {
                    // What was told while nobody could be heard is lost, on both sides.
                    self.hub.tell_all(&Event::Resync);
                    self.have_all_ask().await;
                }
                _ = ticks.tick() => {
                    if !self.is_connected() {
                        self.hub.tell_all(&Event::Resync);
                    } else if self.lossy.swap(false, Ordering::Relaxed) {
                        self.have_all_ask().await;
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

    /// Has all pages of the other servers ask.
    async fn have_all_ask(&self) {
        self.tell(&Telling { from: self.server, to: None, event: Event::Resync, for_servers: false }).await;
    }

    async fn tell(&self, telling: &Telling) {
        // A client that is not connected would keep what is late by then.
        let sent = self.is_connected() && self.publish(telling).await.is_ok();
        if !sent {
            self.lossy.store(true, Ordering::Relaxed);
        }
    }

    async fn publish(&self, telling: &Telling) -> anyhow::Result<()> {
        let telling = serde_json::to_vec(telling)?;
        Ok(self.client.publish(self.subject.clone(), telling.into()).await?)
    }

    fn heed(&self, payload: &[u8]) {
        match serde_json::from_slice::<Telling>(payload) {
            Ok(telling) if telling.from == self.server => {}
            Ok(Telling { to: None, event, .. }) => self.hub.tell_all(&event),
            Ok(Telling { to: Some(to), event, for_servers, .. }) => {
                if !for_servers {
                    self.hub.tell(&to, &event);
                }
                self.presence.heed(&to, &event);
            }
            // A newer server tells what this one does not know.
            Err(_) => self.hub.tell_all(&Event::Resync),
        }
    }
}
