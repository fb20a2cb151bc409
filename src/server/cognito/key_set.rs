//! A user pool's key set, fetched and kept.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use jsonwebtoken::DecodingKey;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::Mutex;

use crate::server::cognito::keys::Keys;

/// The most bytes of a key set. A real one has about 1 kB.
pub const KEY_SET_BYTES_MAX: usize = 64 * 1024;

/// How long one fetch may take in all.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// How often the set is fetched.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two fetches that an unknown `kid` causes: whoever invents names must not make us ask for each.
    pub unknown: Duration,
    /// Between two tries while there is no set at all.
    pub retry: Duration,
    /// Between two fetches while all is well. A withdrawn key is believed no longer than this.
    pub renew: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { unknown: Duration::from_secs(30), retry: Duration::from_secs(1), renew: Duration::from_secs(15 * 60) }
    }
}

/// Whether keys may come over https only. They decide who is believed: only a developer's machine may fetch them where
/// anybody could change them.
pub fn must_be_https(is_release: bool, is_local: bool) -> bool {
    is_release && !is_local
}

/// Why there is no key of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The set has none of this name.
    Unknown,
    /// No set could be fetched yet.
    NoSet,
}

/// The keys of one issuer. A failed fetch keeps the old ones.
pub struct KeySet {
    url: String,
    http: reqwest::Client,
    pace: Pace,
    keys: RwLock<Option<Arc<Keys>>>,
    /// Held while fetching: who waits for it finds what the first has fetched.
    asked: Mutex<Asked>,
}

/// When something last caused a fetch.
#[derive(Default)]
struct Asked {
    for_unknown: Option<Instant>,
    for_none: Option<Instant>,
}

impl KeySet {
    /// A set that is not fetched yet. `https_only` refuses any other address.
    pub fn new(url: String, https_only: bool, pace: Pace) -> anyhow::Result<Self> {
        ensure!(!https_only || url.starts_with("https://"), "the key set's address, {url}, must begin with https://");
        let http = reqwest::Client::builder()
            .https_only(https_only)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .build()
            .context("make an HTTP client for the key set")?;
        Ok(Self { url, http, pace, keys: RwLock::default(), asked: Mutex::default() })
    }

    /// Whether a set has been fetched.
    pub fn is_ready(&self) -> bool {
        self.current().is_some()
    }

    /// The key of this name. One that is not known causes a fetch, now and then; so does having no set.
    pub async fn find(&self, kid: &str) -> Result<DecodingKey, NoKey> {
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let mut asked = self.asked.lock().await;
        // Somebody else may have fetched it while this waited.
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        let (last, pause) = match self.is_ready() {
            true => (&mut asked.for_unknown, self.pace.unknown),
            false => (&mut asked.for_none, self.pace.retry),
        };
        if last.is_none_or(|at| at.elapsed() >= pause) {
            self.fetch_or_keep().await;
            // From the end of the fetch: a slow server is asked no more often than a quick one.
            *last = Some(Instant::now());
        }
        self.known(kid).ok_or(if self.is_ready() { NoKey::Unknown } else { NoKey::NoSet })
    }

    /// Fetches until there is a set, then again at the pace of renewal, for ever.
    pub async fn keep_fresh(&self) {
        let mut wait = self.pace.retry;
        loop {
            let fetched = {
                let _one_at_a_time = self.asked.lock().await;
                self.fetch_or_keep().await
            };
            wait = match (fetched, self.is_ready()) {
                (true, _) => self.pace.renew,
                (false, true) => self.pace.unknown,
                // Doubling, so that a pool that is away for long is not asked each second.
                (false, false) => (wait * 2).min(self.pace.unknown),
            };
            tokio::time::sleep(wait).await;
        }
    }

    fn current(&self) -> Option<Arc<Keys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn known(&self, kid: &str) -> Option<DecodingKey> {
        self.current()?.get(kid).cloned()
    }

    /// Whether the fetch succeeded. What went wrong is logged here, as nobody else will know.
    async fn fetch_or_keep(&self) -> bool {
        match self.fetch().await {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
                true
            }
            Err(error) => {
                tracing::warn!(cause = format!("{error:#}"), "the user pool's keys could not be fetched");
                false
            }
        }
    }

    async fn fetch(&self) -> anyhow::Result<Keys> {
        let mut response = self.http.get(&self.url).send().await?;
        // A redirect is not followed, so it ends here as well.
        ensure!(response.status() == reqwest::StatusCode::OK, "answered {}", response.status());
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        ensure!(matches!(kind, "application/json" | "application/jwk-set+json"), "answered with {kind:?}, not JSON");
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > KEY_SET_BYTES_MAX {
                bail!("answered with more than {KEY_SET_BYTES_MAX} bytes");
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Keys::parse(&body)?)
    }
}
