//! Cached key set of a user pool.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use backon::{BackoffBuilder, ExponentialBuilder};
use jsonwebtoken::DecodingKey;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::Mutex;

use crate::server::cognito::keys::Keys;

/// Maximum size of a key set in bytes. Those of Cognito have about 1 kB.
pub const KEY_SET_BYTES_MAX: usize = 64 * 1024;

/// Timeout of a fetch.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// Intervals between fetches of the key set.
#[derive(Debug, Clone, Copy)]
pub struct RefreshIntervals {
    /// Minimum interval between fetches caused by an unknown `kid`. An attacker who sends invented ones must not cause
    /// a fetch for each.
    pub unknown_kid: Duration,
    /// Initial interval between retries while there is no key set.
    pub retry: Duration,
    /// Interval between regular fetches. A revoked key is accepted no longer than this.
    pub refresh: Duration,
}

impl Default for RefreshIntervals {
    fn default() -> Self {
        Self {
            unknown_kid: Duration::from_secs(30),
            retry: Duration::from_secs(1),
            refresh: Duration::from_secs(15 * 60),
        }
    }
}

/// Returns true if the key set must be fetched over HTTPS. An attacker who can change the key set can sign tokens for
/// any user, so plain HTTP is accepted only on a developer's machine.
pub fn requires_https(is_release: bool, is_local: bool) -> bool {
    is_release && !is_local
}

/// Reason why no key was found for a `kid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The key set has no such key.
    Unknown,
    /// No key set has been fetched yet.
    NoSet,
}

/// Reason why there is no key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSetReason {
    /// The address has no key set, so there is no such pool.
    Missing,
    /// DNS or network failure.
    Unreachable,
    Other,
}

/// Keys of one issuer. A failed fetch keeps the previous keys.
pub struct KeySet {
    url: String,
    http: reqwest::Client,
    intervals: RefreshIntervals,
    keys: RwLock<Option<Arc<Keys>>>,
    /// Reason why the last fetch failed.
    reason: RwLock<Option<NoSetReason>>,
    /// Locked during a fetch, so that concurrent requests share one.
    last_fetches: Mutex<LastFetches>,
}

/// End of the last fetch for each cause.
#[derive(Default)]
struct LastFetches {
    unknown_kid: Option<Instant>,
    no_set: Option<Instant>,
}

impl KeySet {
    /// Creates an empty key set. With `https_only`, any other URL is rejected.
    pub fn new(url: String, https_only: bool, intervals: RefreshIntervals) -> anyhow::Result<Self> {
        ensure!(!https_only || url.starts_with("https://"), "the key set's address, {url}, must begin with https://");
        let http = reqwest::Client::builder()
            .https_only(https_only)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(FETCH_TIMEOUT)
            .build()
            .context("make an HTTP client for the key set")?;
        Ok(Self {
            url,
            http,
            intervals,
            keys: RwLock::default(),
            reason: RwLock::default(),
            last_fetches: Mutex::default(),
        })
    }

    /// Returns true if the key set has been fetched.
    pub fn is_ready(&self) -> bool {
        self.current().is_some()
    }

    /// Returns the reason why the last fetch failed. `None` after a success and before the first fetch.
    pub fn reason(&self) -> Option<NoSetReason> {
        *self.reason.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the key with this `kid`. An unknown `kid` and an empty key set cause a fetch, within the
    /// [`RefreshIntervals`].
    pub async fn find(&self, kid: &str) -> Result<DecodingKey, NoKey> {
        if let Some(key) = self.cached(kid) {
            return Ok(key);
        }
        let mut last_fetches = self.last_fetches.lock().await;
        // A concurrent request may have fetched the key while this one waited for the lock.
        if let Some(key) = self.cached(kid) {
            return Ok(key);
        }
        let (last_fetch, interval) = match self.is_ready() {
            true => (&mut last_fetches.unknown_kid, self.intervals.unknown_kid),
            false => (&mut last_fetches.no_set, self.intervals.retry),
        };
        if last_fetch.is_none_or(|at| at.elapsed() >= interval) {
            self.fetch_or_keep().await;
            // Measured from the end of the fetch, so that a slow server gets no more requests than a fast one.
            *last_fetch = Some(Instant::now());
        }
        self.cached(kid).ok_or(if self.is_ready() { NoKey::Unknown } else { NoKey::NoSet })
    }

    /// Fetches the key set with retries, then keeps refreshing it. Never returns.
    pub async fn refresh_keys(&self) {
        // Doubled each time, so that a long outage of the pool does not cause a request each second.
        let first_fetch = ExponentialBuilder::new()
            .with_min_delay(self.intervals.retry)
            .with_max_delay(self.intervals.unknown_kid)
            .without_max_times();
        let mut until_first_fetch = first_fetch.build();
        loop {
            let fetched = {
                let _one_fetch_at_a_time = self.last_fetches.lock().await;
                self.fetch_or_keep().await
            };
            let wait = match (fetched, self.is_ready()) {
                (true, _) => self.intervals.refresh,
                (false, true) => self.intervals.unknown_kid,
                (false, false) => until_first_fetch.next().unwrap_or(self.intervals.unknown_kid),
            };
            tokio::time::sleep(wait).await;
        }
    }

    fn current(&self) -> Option<Arc<Keys>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cached(&self, kid: &str) -> Option<DecodingKey> {
        self.current()?.get(kid).cloned()
    }

    /// Fetches the key set, and keeps the previous one on failure. Returns true on success. Errors are logged here,
    /// because the caller does not get them.
    async fn fetch_or_keep(&self) -> bool {
        let fetched = self.fetch().await;
        *self.reason.write().unwrap_or_else(PoisonError::into_inner) = fetched.as_ref().err().map(reason);
        match fetched {
            Ok(keys) => {
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(keys));
                true
            }
            Err(error) => {
                tracing::warn!(cause = format!("{error:#}"), "key set refresh failed");
                false
            }
        }
    }

    async fn fetch(&self) -> anyhow::Result<Keys> {
        let mut response = self.http.get(&self.url).send().await?;
        // Redirects are not followed, so they fail here, too.
        let status = response.status();
        ensure!(!status.is_client_error(), NoKeySetThere(status));
        ensure!(status == reqwest::StatusCode::OK, "answered {status}");
        let content_type =
            response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_json = matches!(content_type, "application/json" | "application/jwk-set+json");
        ensure!(is_json, "answered with {content_type:?}, not JSON");
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

/// Error of an address without a key set.
#[derive(Debug, thiserror::Error)]
#[error("answered {0}")]
struct NoKeySetThere(reqwest::StatusCode);

fn reason(error: &anyhow::Error) -> NoSetReason {
    match error.downcast_ref::<reqwest::Error>() {
        _ if error.is::<NoKeySetThere>() => NoSetReason::Missing,
        Some(error) if error.is_connect() || error.is_timeout() => NoSetReason::Unreachable,
        Some(_) | None => NoSetReason::Other,
    }
}
