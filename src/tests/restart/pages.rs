//! Open pages: each listens to an event stream, opens it again when it ends, and then loads what it lacks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::event::Event;
use cruddur_messages::domain::message::{Message, SentAt};
use cruddur_messages::domain::page::Page;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Client, Response, StatusCode};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::CONCURRENCY;
use crate::balancer::Balancer;
use crate::deliveries::Deliveries;
use crate::signed_in::SignedIn;
use crate::users::Pair;

/// Longest delay before a page opens its stream again.
const REOPEN_DELAY_MAX: Duration = Duration::from_secs(5);

/// All open pages. They close when dropped.
pub(crate) struct Pages {
    listening: Vec<JoinHandle<()>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    reopened: AtomicU64,
    failed: AtomicU64,
    longest_gap: Mutex<Duration>,
}

/// Page with an open conversation.
struct OpenPage {
    http: Client,
    balancer: Arc<Balancer>,
    user: SignedIn,
    conversation: conversation::Id,
    /// Last message up to which there is no gap: sequence number and time.
    newest: (u64, Option<SentAt>),
    deliveries: Arc<Deliveries>,
    counts: Arc<Counts>,
}

impl Pages {
    /// Opens the pages of all users at the first server.
    pub(crate) async fn open(
        http: &Client,
        balancer: &Arc<Balancer>,
        pairs: &[Pair],
        deliveries: &Arc<Deliveries>,
    ) -> anyhow::Result<Self> {
        let counts = Arc::<Counts>::default();
        let page = |user: &SignedIn, conversation| OpenPage {
            http: http.clone(),
            balancer: balancer.clone(),
            user: user.clone(),
            conversation,
            newest: (0, None),
            deliveries: deliveries.clone(),
            counts: counts.clone(),
        };
        let pages: Vec<_> =
            pairs.iter().flat_map(|pair| pair.users.each_ref().map(|user| page(user, pair.conversation))).collect();
        let listening = stream::iter(pages)
            .map(async |mut page| {
                let stream = page.open_and_load(balancer.first()).await?;
                counts.open.fetch_add(1, Ordering::Relaxed);
                anyhow::Ok(tokio::spawn(page.run(stream)))
            })
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        Ok(Self { listening, counts })
    }

    /// Returns the number of open streams.
    pub(crate) fn open_count(&self) -> usize {
        self.counts.open.load(Ordering::Relaxed)
    }

    /// Returns the number of streams that have been opened again.
    pub(crate) fn reopened_count(&self) -> u64 {
        self.counts.reopened.load(Ordering::Relaxed)
    }

    /// Returns the number of failed requests of the pages.
    pub(crate) fn failed_count(&self) -> u64 {
        self.counts.failed.load(Ordering::Relaxed)
    }

    /// Returns the longest time that a page had no stream.
    pub(crate) fn longest_gap(&self) -> Duration {
        *self.counts.longest_gap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all pages have a stream.
    pub(crate) async fn wait_until_open(&self, timeout: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + timeout;
        while self.open_count() < self.listening.len() {
            anyhow::ensure!(Instant::now() < deadline, "only {} pages have a stream", self.open_count());
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.listening.iter().for_each(JoinHandle::abort);
    }
}

impl OpenPage {
    async fn run(mut self, mut stream: Response) {
        loop {
            self.listen(stream).await;
            self.counts.open.fetch_sub(1, Ordering::Relaxed);
            let ended = Instant::now();
            // Not all pages at once.
            sleep(REOPEN_DELAY_MAX.mul_f64(fastrand::f64())).await;
            stream = self.reopen().await;
            self.counts.open.fetch_add(1, Ordering::Relaxed);
            self.counts.reopened.fetch_add(1, Ordering::Relaxed);
            let mut longest = self.counts.longest_gap.lock().unwrap_or_else(PoisonError::into_inner);
            *longest = ended.elapsed().max(*longest);
        }
    }

    /// Handles the events of a stream until it ends.
    async fn listen(&mut self, mut stream: Response) {
        let mut unread = String::new();
        loop {
            match stream.chunk().await {
                Ok(Some(chunk)) => unread.push_str(&String::from_utf8_lossy(&chunk)),
                Ok(None) => return,
                Err(error) => return self.count_failure(&error.into()),
            }
            while let Some((block, rest)) = unread.split_once("\n\n") {
                let data = block.lines().next().and_then(|line| line.strip_prefix("data: "));
                if let Some(Event::MessageSent { message, .. }) = data.and_then(|it| serde_json::from_str(it).ok()) {
                    self.take(&message);
                }
                unread = rest.to_owned();
            }
        }
    }

    fn take(&mut self, message: &Message) {
        if message.author != self.user.user.id {
            self.deliveries.record(message);
        }
        if message.seq == self.newest.0 + 1 {
            self.newest = (message.seq, Some(message.sent_at.clone()));
        }
    }

    /// Opens the stream again, and loads the messages that were sent meanwhile.
    async fn reopen(&mut self) -> Response {
        loop {
            match self.open_and_load(self.balancer.pick()).await {
                Ok(stream) => return stream,
                Err(error) => self.count_failure(&error),
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn open_and_load(&mut self, server: SocketAddr) -> anyhow::Result<Response> {
        let stream = self.stream_at(server).await?;
        // The stream misses nothing from here on, so this finds all that it does not bring.
        loop {
            let mut fields = vec![("conversation", self.conversation.to_string())];
            fields.extend(self.newest.1.as_ref().map(|after| ("after", after.as_str().to_owned())));
            let request = self
                .http
                .post(format!("http://{}/rpc/messages_after", self.balancer.pick()))
                .header(COOKIE, &self.user.cookie)
                .header("sec-fetch-site", "same-origin")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(serde_urlencoded::to_string(fields)?);
            let response = request.send().await?;
            anyhow::ensure!(response.status() == StatusCode::OK, "messages after: {}", response.status());
            let messages: Page<Message> = serde_json::from_slice(&response.bytes().await?)?;
            if messages.items.is_empty() {
                return Ok(stream);
            }
            messages.items.iter().for_each(|message| self.take(message));
        }
    }

    /// Opens a stream, and waits for its first event.
    async fn stream_at(&self, server: SocketAddr) -> anyhow::Result<Response> {
        let request = self.http.get(format!("http://{server}/events")).header(COOKIE, &self.user.cookie);
        let mut response = request.send().await?;
        anyhow::ensure!(response.status() == StatusCode::OK, "event stream: {}", response.status());
        anyhow::ensure!(response.chunk().await?.is_some(), "event stream ended before the first event");
        Ok(response)
    }

    fn count_failure(&self, error: &anyhow::Error) {
        println!("page failed: {error:#}");
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
    }
}
