//! Retries after a conflict with another writer.

use std::time::Duration;

use anyhow::anyhow;
use uuid::Uuid;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::clock::Clock;

/// Maximum number of attempts at one operation. A caller that gives up has waited for 4 seconds on average; 64 writers
/// of one conversation at once need less.
const ATTEMPTS_MAX: u32 = 24;

/// Upper limit of the first wait. The limit doubles with each attempt, up to [`WAIT_MAX_MS`].
const WAIT_MIN_MS: u32 = 16;
const WAIT_MAX_MS: u32 = 400;

/// Counts the attempts at one operation, and waits between them.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Waits before the next attempt, for a random time up to the limit, so that writers that collided once do not
    /// collide again. Fails as unavailable after the last attempt. `operation` is for the log.
    pub(crate) async fn wait(&mut self, operation: &'static str) -> Result<(), Failure> {
        self.wait_with(&Clock::default(), operation).await
    }

    /// Like [`Self::wait`], with the given clock.
    pub(crate) async fn wait_with(&mut self, clock: &Clock, operation: &'static str) -> Result<(), Failure> {
        self.attempts += 1;
        if self.attempts >= ATTEMPTS_MAX {
            return Err(Failure::Unavailable(anyhow!("{operation}: gave up after {ATTEMPTS_MAX} attempts")));
        }
        let limit_ms = WAIT_MAX_MS.min(WAIT_MIN_MS << (self.attempts - 1).min(16));
        clock.wait(Duration::from_millis(u64::from(random() % limit_ms))).await;
        Ok(())
    }
}

/// The low half of a new UUIDv7 is random.
fn random() -> u32 {
    let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
