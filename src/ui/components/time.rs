//! Times as people read them: UTC in what the server renders, their own zone once the page is alive.

use std::fmt;
use std::time::Duration;

use leptos::prelude::*;
use leptos::web_sys::js_sys;

use crate::domain::message::SentAt;

/// Whose clock is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Everyone's: all that a server can know.
    Utc,
    /// The browser's.
    Local,
}

/// How often it is looked whether a new day has begun.
const LOOK_INTERVAL: Duration = Duration::from_secs(20);

/// The day that it is for the reader; unknown to a server.
#[derive(Clone, Copy)]
struct Today(RwSignal<Option<Day>>);

/// Lets times be shown in the reader's zone after the page has been taken over. Not before: the first rendering in the
/// browser must be the server's, letter for letter.
pub fn provide_zone() {
    let (zone, today) = (RwSignal::new(Zone::Utc), RwSignal::new(None));
    provide_context(zone);
    provide_context(Today(today));
    Effect::new(move |_| {
        let look = move || {
            let day = Some(Day::today());
            if today.get_untracked() != day {
                today.set(day);
            }
        };
        look();
        zone.set(Zone::Local);
        // As long as the document is there.
        set_interval(look, LOOK_INTERVAL);
    });
}

/// The zone in which times are shown now.
pub fn use_zone() -> Signal<Zone> {
    use_context::<RwSignal<Zone>>().map_or_else(|| Signal::stored(Zone::Utc), Into::into)
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i64,
    /// From 1.
    month: u8,
    /// From 1.
    date: u8,
}

/// A minute of a day, on some clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The day.
    pub day: Day,
    hour: u8,
    minute: u8,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// From the day before 1 January 1970's Thursday on: see [`Day::weekday`].
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

impl Day {
    /// Today, in the browser's zone.
    fn today() -> Self {
        Moment::from_date(&js_sys::Date::new_0()).day
    }

    /// Days since 1 January 1970, by counting the years from March on, so that the leap day comes last.
    fn number(self) -> i64 {
        let (year, month) = match self.month {
            1 | 2 => (self.year - 1, i64::from(self.month) + 9),
            month => (self.year, i64::from(month) - 3),
        };
        let of_year = (153 * month + 2) / 5 + i64::from(self.date) - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
    }

    fn weekday(self) -> &'static str {
        WEEKDAYS[self.number().rem_euclid(7) as usize]
    }

    /// The day as a line between messages; `today` is unknown to a server.
    fn line(self, today: Option<Self>) -> String {
        match today.map(|today| today.number() - self.number()) {
            Some(0) => "Today".to_owned(),
            Some(1) => "Yesterday".to_owned(),
            _ => format!("{} {self}", self.weekday()),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS[usize::from(self.month) - 1];
        write!(f, "{} {month} {}", self.date, self.year)
    }
}

impl Moment {
    /// The minute in which something was sent; none for a text that is not a time.
    pub fn of(sent_at: &SentAt, zone: Zone) -> Option<Self> {
        let utc = Self::parse(sent_at.as_str())?;
        Some(match zone {
            Zone::Utc => utc,
            Zone::Local => Self::from_date(&js_sys::Date::new(&utc.machine_readable().into())),
        })
    }

    /// Reads `2026-11-21T09:26…`, which is UTC.
    fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
        let (month, date) = (number(5, 7)?, number(8, 10)?);
        let known = (1..=12).contains(&month) && (1..=31).contains(&date);
        let day = Day { year: text.get(0..4)?.parse().ok()?, month, date };
        known.then_some(Self { day, hour: number(11, 13)?, minute: number(14, 16)? })
    }

    fn from_date(date: &js_sys::Date) -> Self {
        let day = Day {
            year: i64::from(date.get_full_year()),
            month: date.get_month() as u8 + 1,
            date: date.get_date() as u8,
        };
        Self { day, hour: date.get_hours() as u8, minute: date.get_minutes() as u8 }
    }

    /// Minutes since 1970, on this moment's clock.
    pub fn minutes(self) -> i64 {
        (self.day.number() * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute)
    }

    fn machine_readable(self) -> String {
        let Day { year, month, date } = self.day;
        format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}Z", self.hour, self.minute)
    }

    fn clock(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    fn full(self, zone: Zone) -> String {
        let suffix = if zone == Zone::Utc { " UTC" } else { "" };
        format!("{}, {}{suffix}", self.day, self.clock())
    }

    /// As short as a list needs it: the time today, the weekday this week, else the date.
    fn short(self, today: Option<Day>) -> String {
        match today.map(|today| today.number() - self.day.number()) {
            Some(0) => self.clock(),
            Some(1..=6) => self.day.weekday().to_owned(),
            _ => self.day.to_string(),
        }
    }
}

/// How much of a time is shown. All of it is there for a pointer that rests and for screen readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Hour and minute.
    Clock,
    /// What a list needs.
    Short,
}

/// When something was sent.
#[component]
pub fn Time(
    /// When.
    at: SentAt,
    /// How much of it.
    shown: Shown,
) -> impl IntoView {
    let (zone, today) = (use_zone(), use_today());
    let datetime = Moment::of(&at, Zone::Utc).map(Moment::machine_readable);
    let moment = Memo::new(move |_| Moment::of(&at, zone.get()));
    let full = move || moment.get().map(|moment| moment.full(zone.get()));
    let short = move || {
        moment.get().map(|moment| match shown {
            Shown::Clock => moment.clock(),
            Shown::Short => moment.short(today.get()),
        })
    };
    view! {
        <time class="time" datetime=datetime title=full>
            <span aria-hidden="true">{short}</span>
            <span class="visually-hidden">{full}</span>
        </time>
    }
}

/// A day as a line between messages, in words: `Today`, `Saturday 21 Nov 2026`.
pub fn day_line(day: Day) -> Signal<String> {
    let today = use_today();
    Signal::derive(move || day.line(today.get()))
}

fn use_today() -> Signal<Option<Day>> {
    use_context::<Today>().map_or_else(|| Signal::stored(None), |today| today.0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::of(&SentAt::stored(text.to_owned()), Zone::Utc).expect("a time")
    }

    #[test]
    fn the_server_shows_utc_and_says_so() {
        let sent = moment("2026-11-21T09:26:28.207802+00:00");
        assert_eq!(sent.full(Zone::Utc), "21 Nov 2026, 09:26 UTC");
        assert_eq!(sent.full(Zone::Local), "21 Nov 2026, 09:26");
        assert_eq!(sent.machine_readable(), "2026-11-21T09:26Z");
    }

    #[test]
    fn what_is_not_a_time_gives_none() {
        for text in ["", "yesterday", "2026-13-01T00:00", "2026-00-01T00:00", "2026-11-2éT09:26"] {
            assert_eq!(Moment::of(&SentAt::stored(text.to_owned()), Zone::Utc), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_across_leap_years_and_centuries() {
        assert_eq!(moment("1970-01-01T00:00").day.number(), 0);
        assert_eq!(moment("2000-03-01T00:00").day.number(), 11_017);
        assert_eq!(moment("2024-03-01T00:00").day.number() - moment("2024-02-28T00:00").day.number(), 2);
        assert_eq!(moment("2026-11-21T00:00").day.weekday(), "Saturday");
    }

    #[test]
    fn a_list_shows_the_time_today_the_weekday_this_week_and_the_date_before() {
        let today = Some(moment("2026-11-21T23:00").day);
        assert_eq!(moment("2026-11-21T09:26").short(today), "09:26");
        assert_eq!(moment("2026-11-15T09:26").short(today), "Sunday");
        assert_eq!(moment("2026-11-14T09:26").short(today), "14 Nov 2026");
        assert_eq!(moment("2026-11-22T09:26").short(today), "22 Nov 2026", "a clock that is ahead");
        assert_eq!(moment("2026-11-21T09:26").short(None), "21 Nov 2026", "a server has no clock of the reader's");
    }

    #[test]
    fn a_day_line_names_today_and_yesterday() {
        let today = Some(moment("2026-03-01T23:00").day);
        assert_eq!(moment("2026-03-01T01:00").day.line(today), "Today");
        assert_eq!(moment("2026-02-28T01:00").day.line(today), "Yesterday");
        assert_eq!(moment("2026-02-27T01:00").day.line(today), "Friday 27 Feb 2026");
    }
}
