//! Clocks of a page. Runs in the browser only.

use std::cell::Cell;

use leptos::prelude::window;
use leptos::web_sys::js_sys::Date;
use uuid::{NoContext, Timestamp, Uuid};

use crate::domain::message;
use crate::ui::state::outbox::queue::Now;

thread_local! {
    /// Milliseconds between the page's clock and the server's time since 1970, as far as the page knows.
    static SERVER_AHEAD_MS: Cell<u64> = const { Cell::new(0) };
}

/// Returns the current time.
pub(super) fn now() -> Now {
    let page_ms = window().performance().map_or(0.0, |performance| performance.now());
    Now { page_ms: page_ms as u64, wall_ms: Date::now() as u64 }
}

/// Learns the server's time from an id that the server has just made.
pub(super) fn learn_server_time(id: message::Id) {
    let (secs, nanos) = id.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let made_ms = secs * 1000 + u64::from(nanos) / 1_000_000;
    let ahead_ms = made_ms.saturating_sub(now().page_ms);
    SERVER_AHEAD_MS.set(SERVER_AHEAD_MS.get().max(ahead_ms));
}

/// Returns the server's time, as far as the page knows it, in milliseconds since 1970.
pub(super) fn server_now_ms() -> u64 {
    let Now { page_ms, wall_ms } = now();
    match SERVER_AHEAD_MS.get() {
        0 => wall_ms,
        ahead_ms => ahead_ms + page_ms,
    }
}

/// Returns the id of a new message. Its time is the server's: the server judges the age of a message by its id, and the
/// clock of the device may be wrong by months.
pub(super) fn new_message_id() -> message::Id {
    let Now { page_ms, wall_ms } = now();
    // The page's clock may stand still while the device sleeps.
    let ms = (SERVER_AHEAD_MS.get() + page_ms).max(wall_ms);
    message::Id(Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, (ms % 1000) as u32 * 1_000_000)))
}
