//! Retries after a conflict with another writer.

use std::time::Duration;

use anyhow::anyhow;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::server::failure::Failure;
use crate::server::store::dynamodb::clock::Clock;

/// Maximum number of attempts at one operation. A caller that gives up has waited for 6 seconds on average, and for
/// less than 8 in any case; 64 writers of one conversation at once need less.
const ATTEMPTS_MAX: usize = 24;

/// Waits between the attempts: 8 to 16 ms at first, doubled each time, up to 200 to 400 ms. Random within these limits,
/// so that writers that collided once do not collide again.
const WAITS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(8))
    .with_max_delay(Duration::from_millis(200))
    .with_jitter()
    .with_max_times(ATTEMPTS_MAX - 1);

/// Counts the attempts at one operation, and waits between them. Not `backon::Retryable`: the operations change their
/// arguments from attempt to attempt, and wait on the clock of the table.
#[derive(Debug)]
pub struct Backoff {
    waits: ExponentialBackoff,
}

impl Backoff {
    /// Waits before the next attempt. Fails as unavailable after the last attempt. `operation` is for the log.
    pub async fn wait(&mut self, operation: &'static str) -> Result<(), Failure> {
        self.wait_with(&Clock::default(), operation).await
    }

    /// Like [`Self::wait`], with the given clock.
    pub async fn wait_with(&mut self, clock: &Clock, operation: &'static str) -> Result<(), Failure> {
        let gave_up = || Failure::Unavailable(anyhow!("{operation}: gave up after {ATTEMPTS_MAX} attempts"));
        clock.wait(self.waits.next().ok_or_else(gave_up)?).await;
        Ok(())
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { waits: WAITS.build() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_of_an_operation_fit_into_the_time_of_a_request() {
        let waits: Vec<_> = Backoff::default().waits.collect();
        assert_eq!(waits.len(), ATTEMPTS_MAX - 1);
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(400)), "{waits:?}");
        assert!(waits.iter().sum::<Duration>() < Duration::from_secs(8), "{waits:?}");
    }
}
