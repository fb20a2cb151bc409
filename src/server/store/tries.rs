//! Trying again when somebody else was quicker.

use std::time::Duration;

use anyhow::anyhow;
use uuid::Uuid;

use crate::server::respond::Failure;

/// How often something is tried.
const TRIES_MAX: u32 = 24;

/// The longest wait before the second try; it doubles from there to [`WAIT_MAX_MS`].
const WAIT_MIN_MS: u32 = 8;
const WAIT_MAX_MS: u32 = 400;

/// Counts the tries of one piece of work, which takes 5 seconds at most in the middle, and twice that at worst.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    made: u32,
}

impl Tries {
    /// Waits before the next try: anything from nothing to twice the last limit, so that those who collided once do not
    /// collide again. Unavailable when all tries are used up; `work` is for the log.
    pub(crate) async fn wait(&mut self, work: &'static str) -> Result<(), Failure> {
        self.made += 1;
        if self.made >= TRIES_MAX {
            return Err(Failure::Unavailable(anyhow!("{work}: somebody else was quicker {TRIES_MAX} times")));
        }
        let limit_ms = WAIT_MAX_MS.min(WAIT_MIN_MS << self.made.min(16));
        tokio::time::sleep(Duration::from_millis(u64::from(random() % limit_ms))).await;
        Ok(())
    }
}

/// The low half of a new UUIDv7 is random.
fn random() -> u32 {
    let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
