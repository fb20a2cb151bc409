//! Messages and page loads during the restarts.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::COOKIE;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use crate::balancer::Balancer;
use crate::deliveries::Deliveries;
use crate::users::{self, Pair};

/// Users who send messages and load pages until they are stopped.
pub(crate) struct Load {
    pub(crate) http: Client,
    pub(crate) balancer: Arc<Balancer>,
    pub(crate) pairs: Arc<Vec<Pair>>,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) stop: CancellationToken,
}

/// Results of the load.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Number of acknowledged messages.
    pub(crate) sent: u64,
    /// Number of failed requests.
    pub(crate) failed: u64,
    /// Times of all pages, from the request to the end of the answer, in order.
    pub(crate) pages: Vec<Duration>,
}

impl Outcome {
    /// Returns the time that this share of the pages took at most.
    pub(crate) fn page_percentile(&self, percent: usize) -> Duration {
        self.pages.get(self.pages.len() * percent / 100).copied().unwrap_or_default()
    }

    /// Returns the times of the pages as text.
    pub(crate) fn page_times(&self) -> String {
        let longest = self.pages.last().copied().unwrap_or_default();
        format!("p50 {:.1?}, p99 {:.1?}, longest {longest:.1?}", self.page_percentile(50), self.page_percentile(99))
    }

    /// Returns a result, or prints and counts a failure.
    fn count<T>(&mut self, request: &str, result: anyhow::Result<T>) -> Option<T> {
        result
            .inspect_err(|error| {
                println!("{request} failed: {error:#}");
                self.failed += 1;
            })
            .ok()
    }
}

impl Load {
    /// Sends `rate` messages and loads `page_rate` pages per second. Returns the results when all requests have ended.
    pub(crate) async fn run(self, rate: u64, page_rate: u64) -> anyhow::Result<Outcome> {
        let every = |rate: u64| Duration::from_secs(1).div_f64(rate.max(1) as f64);
        let (mut sends, mut loads) = (interval(every(rate)), interval(every(page_rate)));
        let (mut sending, mut loading) = (JoinSet::new(), JoinSet::new());
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = sends.tick() => drop(sending.spawn(self.send())),
                _ = loads.tick() => drop(loading.spawn(self.load_page())),
            }
        }
        let mut outcome = Outcome::default();
        for sent in sending.join_all().await {
            outcome.sent += u64::from(outcome.count("send", sent).is_some());
        }
        for page in loading.join_all().await {
            let time = outcome.count("page", page);
            outcome.pages.extend(time);
        }
        outcome.pages.sort();
        Ok(outcome)
    }

    /// Sends a message from a random user.
    fn send(&self) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let pair = &self.pairs[fastrand::usize(..self.pairs.len())];
        let author = pair.users[fastrand::usize(..2)].clone();
        let body = self.deliveries.timestamp();
        users::send(self.http.clone(), self.balancer.pick(), author, pair.conversation, body)
    }

    /// Loads the page of a random user. Returns its time.
    fn load_page(&self) -> impl Future<Output = anyhow::Result<Duration>> + use<> {
        let pair = &self.pairs[fastrand::usize(..self.pairs.len())];
        let url = format!("http://{}/messages/{}", self.balancer.pick(), pair.conversation);
        let request = self.http.get(url).header(COOKIE, &pair.users[fastrand::usize(..2)].cookie);
        async move {
            let began = Instant::now();
            let response = request.send().await?;
            anyhow::ensure!(response.status() == StatusCode::OK, "{}", response.status());
            response.bytes().await?;
            Ok(began.elapsed())
        }
    }
}
