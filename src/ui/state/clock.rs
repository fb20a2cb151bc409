//! Time zone of the reader and current day.

use std::time::Duration;

use leptos::prelude::*;

use crate::ui::state::moment::{Day, Zone};

/// Interval of the check for a new day.
const DAY_CHECK_INTERVAL: Duration = Duration::from_secs(20);

/// The current day in the browser's time zone; `None` on the server and until hydration.
#[derive(Clone, Copy)]
struct Today(RwSignal<Option<Day>>);

/// The reader's clock: in UTC until [`Clock::start`].
#[derive(Clone, Copy)]
pub struct Clock {
    zone: RwSignal<Zone>,
    today: RwSignal<Option<Day>>,
}

impl Clock {
    /// Provides the clock to all components.
    pub fn provide() -> Self {
        let (zone, today) = (RwSignal::new(Zone::Utc), RwSignal::new(None));
        provide_context(zone);
        provide_context(Today(today));
        Self { zone, today }
    }

    /// Shows times in the browser's time zone from now on. Must be called after hydration, and so after the code of the
    /// page has been loaded: the first rendering in the browser must equal the server's HTML, or the HTML stays.
    pub fn start(self) {
        let check_day = move || {
            let day = Some(Day::today());
            if self.today.get_untracked() != day {
                self.today.set(day);
            }
        };
        check_day();
        self.zone.set(Zone::Local);
        // Never cleared: the app lives as long as the document.
        set_interval(check_day, DAY_CHECK_INTERVAL);
    }
}

/// Returns the current time zone of displayed times.
pub fn use_time_zone() -> Signal<Zone> {
    use_context::<RwSignal<Zone>>().map_or_else(|| Signal::stored(Zone::Utc), Into::into)
}

/// Returns the current day; `None` on the server and until hydration.
pub fn use_today() -> Signal<Option<Day>> {
    use_context::<Today>().map_or_else(|| Signal::stored(None), |today| today.0.into())
}
