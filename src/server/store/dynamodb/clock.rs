//! The clock of the store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

/// Source of the time, and of waits. Tests pass their own.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    waits: bool,
}

impl Clock {
    /// Creates a clock that takes the time from `now`.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), waits: true }
    }

    /// Returns the same clock, but its [`Self::wait`] only yields: for tests with ten thousand waits.
    pub fn without_waiting(self) -> Self {
        Self { waits: false, ..self }
    }

    /// Returns the current time.
    pub fn now(&self) -> OffsetDateTime {
        (self.now)()
    }

    /// Waits for the given time, or only yields to other tasks.
    pub async fn wait(&self, time: Duration) {
        if self.waits {
            tokio::time::sleep(time).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// The system clock.
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
