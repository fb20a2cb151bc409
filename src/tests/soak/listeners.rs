//! Open event streams.

use std::net::SocketAddr;
use std::sync::Arc;

use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::user;
use reqwest::header::COOKIE;
use reqwest::{Client, Response, StatusCode};
use tokio::task::JoinHandle;

use crate::deliveries::Deliveries;
use crate::signed_in::SignedIn;

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
