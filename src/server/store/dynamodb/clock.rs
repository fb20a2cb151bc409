//! What time it is, as the store is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

/// Tells the time, and lets it pass. A test gives its own.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    waits: bool,
}

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), waits: true }
    }

    /// The same clock, where nobody waits: for tests that have ten thousand things to wait for.
    pub fn without_waiting(self) -> Self {
        Self { waits: false, ..self }
    }

    /// The time.
    pub fn now(&self) -> OffsetDateTime {
        (self.now)()
    }

    /// Waits for so long, or only lets others go first.
    pub async fn wait(&self, time: Duration) {
        if self.waits {
            tokio::time::sleep(time).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// The machine's clock.
impl Default for Clock {
    fn default() -> Self {
        Self::new(OffsetDateTime::now_utc)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
