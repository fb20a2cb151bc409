//! Waits of the page between its attempts to reach the server. Runs in the browser only.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use leptos::web_sys::js_sys::Math;

/// Waits after failed attempts in a row: 1 to 2 seconds after the first one, doubled each time, up to 15 to 30 seconds.
/// Random within these limits: after an outage, not all pages come back at once.
const WAITS: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(15))
    .without_max_times()
    .with_jitter();

/// Returns the wait after this number of failed attempts in a row.
pub(super) fn wait_after(failures: u32) -> Duration {
    wait_with_seed(failures, Math::random().to_bits())
}

/// Attempts to open the event stream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempts {
    /// Number of failed ones in a row.
    failures: u32,
    /// Earliest time of the next one.
    next_ms: f64,
}

impl Attempts {
    /// Counts a failure, and returns the wait until the next attempt.
    pub(super) fn fail(&mut self, now_ms: f64) -> Duration {
        self.failures += 1;
        let wait = reconnect_after(self.failures);
        // Timers of a browser may be early by a millisecond.
        self.next_ms = now_ms + wait.as_millis() as f64 - 1.0;
        wait
    }

    /// Returns true if the wait is over.
    pub(super) fn is_due(&self, now_ms: f64) -> bool {
        now_ms >= self.next_ms
    }
}

/// Returns the wait before the event stream is opened again, after this number of failed attempts in a row. Longer for
/// the first one than [`wait_after`]: when a server restarts, all pages lose their streams at the same moment.
fn reconnect_after(failures: u32) -> Duration {
    let extra = if failures <= 1 { Duration::from_secs(2).mul_f64(Math::random()) } else { Duration::ZERO };
    wait_after(failures) + extra
}

/// Takes a seed, because `backon` knows no source of randomness in the browser: without one, all pages would wait for
/// the same times.
fn wait_with_seed(failures: u32, seed: u64) -> Duration {
    let mut waits = WAITS.with_jitter_seed(seed).build();
    waits.nth(failures.saturating_sub(1) as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_waits_longer_after_each_failure_up_to_half_a_minute() {
        for (failures, secs) in [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (6, 15), (100, 15)] {
            let limits = Duration::from_secs(secs)..Duration::from_secs(2 * secs);
            for seed in 0..100 {
                let wait = wait_with_seed(failures, seed);
                assert!(limits.contains(&wait), "{wait:?} after {failures} failures");
            }
        }
    }

    #[test]
    fn two_pages_do_not_wait_for_the_same_time() {
        assert_ne!(wait_with_seed(5, 1), wait_with_seed(5, 2));
    }
}
