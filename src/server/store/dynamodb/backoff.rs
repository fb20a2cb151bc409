//! Trying again when somebody else was quicker.

use std::time::Duration;

use anyhow::anyhow;
use uuid::Uuid;

use crate::server::failure::Failure;
use crate::server::store::dynamodb::clock::Clock;

/// How often something is tried. Who gives up has waited for 4 seconds on average: 64 writers of one conversation at
/// once need less.
const TRIES_MAX: u32 = 24;

/// The limit of the first wait; that of the others doubles, up to [`WAIT_MAX_MS`].
const WAIT_MIN_MS: u32 = 16;
const WAIT_MAX_MS: u32 = 400;

/// Counts the tries of one piece of work.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    made: u32,
}

impl Tries {
    /// Waits before the next try, for any time up to the limit, so that those who collided once do not collide again.
    /// Unavailable when all tries are used up; `work` is for the log.
    pub(crate) async fn wait(&mut self, work: &'static str) -> Result<(), Failure> {
        self.wait_by(&Clock::default(), work).await
    }

    /// The same, by a clock of one's own.
    pub(crate) async fn wait_by(&mut self, clock: &Clock, work: &'static str) -> Result<(), Failure> {
        self.made += 1;
        if self.made >= TRIES_MAX {
            return Err(Failure::Unavailable(anyhow!("{work}: somebody else was quicker {TRIES_MAX} times")));
        }
        let limit_ms = WAIT_MAX_MS.min(WAIT_MIN_MS << (self.made - 1).min(16));
        clock.wait(Duration::from_millis(u64::from(random() % limit_ms))).await;
        Ok(())
    }
}

/// The low half of a new UUIDv7 is random.
fn random() -> u32 {
    let [.., a, b, c, d] = Uuid::now_v7().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
