//! Time zone of the reader and current day.

use std::time::Duration;

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;

use crate::ui::state::moment::{Day, Zone, zone_offsets};

/// Interval of the check for a new day or another time zone.
const CHECK_INTERVAL: Duration = Duration::from_secs(20);

/// The current day in the browser's time zone; `None` on the server and until hydration.
#[derive(Clone, Copy)]
struct Today(RwSignal<Option<Day>>);

/// The reader's clock: in UTC until [`Clock::start`].
#[derive(Clone, Copy)]
pub struct Clock {
    zone: RwSignal<Zone>,
    today: RwSignal<Option<Day>>,
    /// The browser's time zone, as far as it can change what is shown.
    offsets: StoredValue<[f64; 3]>,
}

impl Clock {
    /// Provides the clock to all components.
    pub fn provide() -> Self {
        let (zone, today) = (RwSignal::new(Zone::Utc), RwSignal::new(None));
        provide_context(zone);
        provide_context(Today(today));
        let clock = Self { zone, today, offsets: StoredValue::new([0.0; 3]) };
        provide_context(clock);
        clock
    }

    /// Shows times in the browser's time zone from now on. Must be called after hydration, and so after the code of the
    /// page has been loaded: the first rendering in the browser must equal the server's HTML, or the HTML stays.
    pub fn start(self) {
        self.zone.set(Zone::Local);
        self.check();
        // Never cleared: the app lives as long as the document.
        set_interval(move || self.check(), CHECK_INTERVAL);
        for event in ["focus", "visibilitychange"] {
            let _ = window_event_listener_untyped(event, move |_| self.check());
        }
    }

    /// Shows all times again if the day has changed, or the time zone: a traveler's computer changes it while pages are
    /// open. Called before a new time is shown, so that there is one clock on the page.
    pub fn check(self) {
        if self.zone.get_untracked() != Zone::Local {
            return;
        }
        let (day, offsets) = (Some(Day::today()), zone_offsets());
        if self.offsets.get_value() != offsets {
            self.offsets.set_value(offsets);
            self.zone.set(Zone::Local);
        }
        if self.today.get_untracked() != day {
            self.today.set(day);
        }
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
