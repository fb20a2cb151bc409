//! Times of messages, on the clock of a time zone. All functions that take or return a `Date` run in the browser only.

use std::fmt;

use leptos::web_sys::js_sys::Date;

use crate::domain::message::SentAt;

const MS_PER_DAY: f64 = 86_400_000.0;

/// Time zone of a displayed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Used in the server's HTML: the server does not know the reader's time zone.
    Utc,
    /// The browser's time zone.
    Local,
}

/// Calendar day. Its text is the canonical form (ISO 8601), such as `2026-11-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u32,
    /// 1 to 12.
    month: u32,
    /// 1 to 31.
    date: u32,
}

impl Day {
    /// Returns today's date in the browser's time zone. Runs in the browser only.
    pub fn today() -> Self {
        Moment::from_date(&Date::new_0()).day
    }

    /// Returns midnight of the day in UTC.
    pub fn to_date(self) -> Date {
        // A date without a time is in UTC (ECMA-262, 21.4.3.2).
        Date::new(&self.to_string().into())
    }

    /// Returns the number of days from this day to `today`; negative if this day is still to come.
    pub fn days_until(self, today: Self) -> i64 {
        // Exact: days in UTC have the same length.
        ((today.to_date().get_time() - self.to_date().get_time()) / MS_PER_DAY) as i64
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.date)
    }
}

/// Minute of a day. Its text is the hour and minute, such as `09:26`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub day: Day,
    hour: u32,
    minute: u32,
}

impl Moment {
    /// Returns the minute of a time in `zone`; `None` if the stored text is not a time.
    pub fn of(sent_at: &SentAt, zone: Zone) -> Option<Self> {
        let utc = Self::parse(sent_at.as_str())?;
        if zone == Zone::Utc {
            return Some(utc);
        }
        let date = utc.to_date();
        (!date.get_time().is_nan()).then(|| Self::from_date(&date))
    }

    /// Parses the beginning of `2026-11-21T09:26:28.207802+00:00`, which is in UTC.
    fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
        let (year, month, date) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&date);
        is_date.then_some(Self { day: Day { year, month, date }, hour: number(11, 13)?, minute: number(14, 16)? })
    }

    /// Returns the minute of `date` on the clock of the browser's time zone.
    fn from_date(date: &Date) -> Self {
        let day = Day { year: date.get_full_year(), month: date.get_month() + 1, date: date.get_date() };
        Self { day, hour: date.get_hours(), minute: date.get_minutes() }
    }

    /// Returns the time at which a clock in UTC shows this moment.
    pub fn to_date(self) -> Date {
        Date::new(&self.machine_readable().into())
    }

    /// Returns the text of a moment in UTC for a `datetime` attribute.
    pub fn machine_readable(self) -> String {
        format!("{}T{self}Z", self.day)
    }

    /// Returns the number of minutes since the day began.
    pub fn minute_of_day(self) -> u32 {
        self.hour * 60 + self.minute
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_time_has_a_day_and_a_minute_in_utc() {
        let sent = Moment::of(&SentAt::stored("2026-11-21T09:26:28.207802+00:00".to_owned()), Zone::Utc);
        let sent = sent.expect("a time");
        assert_eq!((sent.day.to_string(), sent.to_string()), ("2026-11-21".to_owned(), "09:26".to_owned()));
        assert_eq!(sent.machine_readable(), "2026-11-21T09:26Z");
        assert_eq!(sent.minute_of_day(), 566);
    }

    #[test]
    fn a_text_that_is_not_a_time_has_no_moment() {
        for text in ["", "yesterday", "2026-13-01T00:00", "2026-00-01T00:00", "2026-11-2éT09:26"] {
            assert_eq!(Moment::of(&SentAt::stored(text.to_owned()), Zone::Utc), None, "{text}");
        }
    }
}
