//! Bus for events between servers: NATS, if `NATS_URL` is set. Messages are neither stored nor guaranteed to arrive;
//! after a possible loss the affected pages get a resync event and reload their data.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Subscriber};
use futures::StreamExt;
use tokio::sync::{Notify, mpsc};
use tokio::time::interval;

use crate::domain::event::Event;
use crate::server::live::bus::{Bus, Envelope};
use crate::server::live::{Hub, Presence};
use crate::server::state::AppState;

/// Interval of the connection check. While NATS is disconnected, pages of this server resync at this interval.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Interval between attempts to subscribe.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Joins the servers that use the same table. Connects in the background with retries, so NATS may be unavailable.
pub async fn join(url: &str, state: &AppState) -> anyhow::Result<()> {
    let gap = Arc::new(Notify::new());
    let found_gap = Arc::clone(&gap);
    let options = ConnectOptions::new().retry_on_initial_connect().event_callback(move |event| {
        tracing::info!(%event, "NATS connection event");
        // Even a short disconnect or a single dropped message may have lost an event.
        if matches!(event, async_nats::Event::Connected | async_nats::Event::SlowConsumer(_)) {
            found_gap.notify_one();
        }
        async {}
    });
    let client = options.connect(url).await.with_context(|| format!("connect to NATS at {url}"))?;
    let (bus, queued) = Bus::new();
    let connection = Connection {
        client,
        subject: format!("cruddur-messages.{}.events", state.config.message_table),
        bus: bus.clone(),
        hub: state.hub.clone(),
        presence: state.presence.clone(),
        gap,
    };
    let closing = state.closing.clone();
    tokio::spawn(async move { closing.run_until_cancelled(connection.run(queued)).await });
    state.hub.join(bus);
    Ok(())
}

/// Connection to NATS, with the local recipients of incoming events.
struct Connection {
    client: Client,
    subject: String,
    bus: Bus,
    hub: Hub,
    presence: Presence,
    /// Notified after incoming events may have been lost.
    gap: Arc<Notify>,
}

impl Connection {
    async fn run(self, mut queued: mpsc::Receiver<Envelope>) {
        let mut subscriber = self.subscribe().await;
        let mut ticks = interval(CHECK_INTERVAL);
        loop {
            tokio::select! {
                Some(envelope) = queued.recv() => self.publish(&envelope).await,
                message = subscriber.next() => match message {
                    Some(message) => self.handle(&message.payload),
                    None => subscriber = self.subscribe().await,
                },
                () = self.gap.notified() => {
                    // Events published during the gap are lost in both directions.
                    self.hub.broadcast_locally(&Event::Resync);
                    self.broadcast_resync().await;
                }
                _ = ticks.tick() => {
                    if !self.is_connected() {
                        self.hub.broadcast_locally(&Event::Resync);
                    } else if self.bus.take_lossy() {
                        self.broadcast_resync().await;
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
                Err(error) => tracing::warn!(%error, "NATS subscription failed"),
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// Makes all pages of the other servers resync.
    async fn broadcast_resync(&self) {
        self.publish(&Envelope { from: self.bus.server(), to: None, event: Event::Resync, for_servers: false }).await;
    }

    async fn publish(&self, envelope: &Envelope) {
        // A disconnected client would buffer the event and deliver it late.
        let published = self.is_connected() && self.try_publish(envelope).await.is_ok();
        if !published {
            self.bus.mark_lossy();
        }
    }

    async fn try_publish(&self, envelope: &Envelope) -> anyhow::Result<()> {
        let payload = serde_json::to_vec(envelope)?;
        Ok(self.client.publish(self.subject.clone(), payload.into()).await?)
    }

    fn handle(&self, payload: &[u8]) {
        match serde_json::from_slice::<Envelope>(payload) {
            Ok(envelope) if envelope.from == self.bus.server() => {}
            Ok(Envelope { to: None, event, .. }) => self.hub.broadcast_locally(&event),
            Ok(Envelope { to: Some(to), event, for_servers, .. }) => {
                if !for_servers {
                    self.hub.publish_locally(&to, &event);
                }
                self.presence.handle(&to, &event);
            }
            // A newer server may send events that this version does not know.
            Err(_) => self.hub.broadcast_locally(&Event::Resync),
        }
    }
}
