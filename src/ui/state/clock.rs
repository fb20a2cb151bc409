//! Time zone of the reader and current day.

use std::time::Duration;

use leptos::prelude::*;

use crate::ui::state::moment::{Day, Zone};

/// Interval of the check for a new day.
const DAY_CHECK_INTERVAL: Duration = Duration::from_secs(20);

/// The current day in the browser's time zone; `None` on the server and until hydration.
#[derive(Clone, Copy)]
struct Today(RwSignal<Option<Day>>);

/// Provides the time zone: UTC at first, and the browser's from hydration on. Not earlier, because the first rendering
/// in the browser must equal the server's HTML.
pub fn provide_time_zone() {
    let (zone, today) = (RwSignal::new(Zone::Utc), RwSignal::new(None));
    provide_context(zone);
    provide_context(Today(today));
    Effect::new(move |_| {
        let check_day = move || {
            let day = Some(Day::today());
            if today.get_untracked() != day {
                today.set(day);
            }
        };
        check_day();
        zone.set(Zone::Local);
        // Never cleared: the app lives as long as the document.
        set_interval(check_day, DAY_CHECK_INTERVAL);
    });
}

/// Returns the current time zone of displayed times.
pub fn use_time_zone() -> Signal<Zone> {
    use_context::<RwSignal<Zone>>().map_or_else(|| Signal::stored(Zone::Utc), Into::into)
}

/// Returns the current day; `None` on the server and until hydration.
pub fn use_today() -> Signal<Option<Day>> {
    use_context::<Today>().map_or_else(|| Signal::stored(None), |today| today.0.into())
}
