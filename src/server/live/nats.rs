//! Bus for events between servers: NATS, if `NATS_URL` is set. Messages are neither stored nor guaranteed to arrive;
//! after a possible loss the affected pages get a resync event and reload their data.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, ServerAddr, Subscriber};
use futures::StreamExt;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Notify, mpsc};
use tokio::time::interval;

use crate::server::config::Config;
use crate::server::live::bus::{Bus, Envelope};
use crate::server::live::{Hub, Presence};
use crate::server::metrics::{Computed, Metrics};
use crate::server::state::AppState;
use crate::server::store::postgres::remembered::Remembered;

/// Interval of the connection check. While NATS is disconnected, pages of this server resync at this interval.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Interval between attempts to subscribe.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Parses the address of NATS. The error does not repeat it, because it may contain a password.
pub fn address(url: &SecretString) -> anyhow::Result<ServerAddr> {
    url.expose_secret().parse().ok().context("NATS_URL is no address, such as tls://name:password@nats.internal:4222")
}

/// Joins the servers that use the same table. Connects in the background with retries, so NATS may be unavailable.
pub async fn join(url: &SecretString, state: &AppState) -> anyhow::Result<()> {
    let address = address(url)?;
    let gap = Arc::new(Notify::new());
    let found_gap = Arc::clone(&gap);
    let options = options(&address, &state.config).retry_on_initial_connect().event_callback(move |event| {
        tracing::info!(%event, "NATS connection event");
        // Even a short disconnect or a single dropped message may have lost an event.
        if matches!(event, async_nats::Event::Connected | async_nats::Event::SlowConsumer(_)) {
            found_gap.notify_one();
        }
        async {}
    });
    let client = options.connect(address).await.context("connect to NATS")?;
    let (bus, queued) = Bus::new();
    register(&client, &bus, &state.metrics);
    let connection = Connection {
        client,
        subject: format!("cruddur-messages.{}.events", state.config.message_table),
        bus: bus.clone(),
        hub: state.hub.clone(),
        presence: state.presence.clone(),
        remembered: state.store.remembered.clone(),
        gap,
    };
    let changes = bus.clone();
    state.store.remembered.on_change(move |changed| changes.publish_changed(changed));
    let closed = state.closed.clone();
    tokio::spawn(async move { closed.run_until_cancelled(connection.run(queued)).await });
    state.hub.join(bus);
    Ok(())
}

/// Adds the state of the bus to the metrics of the server.
fn register(client: &Client, bus: &Bus, metrics: &Metrics) {
    let client = client.clone();
    metrics.compute(Computed::gauge("bus_connected", "1 if the server is connected to the bus, else 0.", move || {
        f64::from(u8::from(client.connection_state() == State::Connected))
    }));
    bus.register(metrics);
}

/// Makes options with the name and the password in the address, which the client does not read, and the authority.
fn options(address: &ServerAddr, config: &Config) -> ConnectOptions {
    let mut options = ConnectOptions::new();
    if let (Some(name), Some(password)) = (address.username(), address.password()) {
        let [name, password] = [name, password].map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
        options = options.user_and_password(name, password);
    }
    match config.nats_root_certificate.clone() {
        Some(file) => options.add_root_certificates(file),
        None => options,
    }
}

/// Connection to NATS, with the local recipients of incoming events.
struct Connection {
    client: Client,
    subject: String,
    bus: Bus,
    hub: Hub,
    presence: Presence,
    remembered: Remembered,
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
                    self.remembered.forget_all();
                    self.hub.resync_locally();
                    self.broadcast_resync().await;
                }
                _ = ticks.tick() => {
                    if !self.is_connected() {
                        self.hub.resync_locally();
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
        self.publish(&self.bus.resync()).await;
    }

    async fn publish(&self, envelope: &Envelope) {
        // A disconnected client would buffer the event and deliver it late.
        let published = self.is_connected() && self.try_publish(envelope).await.is_ok();
        if !published && envelope.changed.is_empty() {
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
            // Every message to all users is a resync.
            Ok(Envelope { to: None, .. }) => self.hub.resync_locally(),
            Ok(Envelope { changed, .. }) if !changed.is_empty() => self.remembered.forget(&changed),
            Ok(Envelope { to: Some(to), event, for_servers, .. }) => {
                if !for_servers {
                    self.hub.receive(&to, &event);
                }
                self.presence.handle(&to, &event);
            }
            // A newer server may send events that this version does not know.
            Err(_) => self.hub.resync_locally(),
        }
    }
}
