//! Monotonic clock of the page. Spans are measured with it: the user or a time server may set the computer's clock
//! forward or back at any time. Runs in the browser only.

use leptos::prelude::window;

/// Returns the number of milliseconds since the page was loaded.
pub(super) fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
