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

/// Returns the distances of the browser's time zone from UTC: now, in January, and in July. Two zones of which all
/// three are equal show the same times.
pub fn zone_offsets() -> [f64; 3] {
    let now = Date::new_0();
    let in_month = |month| Date::new_with_year_month(now.get_full_year(), month).get_timezone_offset();
    [now.get_timezone_offset(), in_month(0), in_month(6)]
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
    /// Returns the day nearest to these numbers from 1970 to 9999: months have the days that they have.
    pub fn nearest(year: u32, month: u32, date: u32) -> Self {
        match year {
            ..1970 => Self { year: 1970, month: 1, date: 1 },
            10_000.. => Self { year: 9999, month: 12, date: 31 },
            _ => {
                let month = month.clamp(1, 12);
                Self { year, month, date: date.clamp(1, days_of(year, month)) }
            }
        }
    }

    /// Returns the number of days since 0 March of the year 0, in the calendar extended to it.
    fn number(self) -> i64 {
        // The year begins in March here, so that the leap day is its last one.
        let months = i64::from(self.year) * 12 + i64::from(self.month) - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        year * 365 + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (month * 153 + 2) / 5
            + i64::from(self.date)
    }

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

    /// Returns the number of minutes since a fixed time on the same clock. Only on a clock in UTC are all minutes
    /// equally long.
    pub fn minutes(self) -> i64 {
        self.day.number() * 24 * 60 + i64::from(self.hour * 60 + self.minute)
    }
}

fn days_of(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
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
    }

    #[test]
    fn minutes_are_counted_across_days_months_and_leap_days() {
        let minutes = |text: &str| Moment::parse(text).expect(text).minutes();
        for (earlier, later, apart) in [
            ("2026-11-21T09:26", "2026-11-21T10:00", 34),
            ("2026-12-31T23:59", "2027-01-01T00:01", 2),
            ("2024-02-28T23:59", "2024-03-01T00:00", 24 * 60 + 1),
            ("2100-02-28T23:59", "2100-03-01T00:00", 1),
            ("1970-01-01T00:00", "2026-11-28T00:00", 20_785 * 24 * 60),
        ] {
            assert_eq!(minutes(later) - minutes(earlier), apart, "{earlier} to {later}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_time_has_no_moment() {
        for text in ["", "yesterday", "2026-13-01T00:00", "2026-00-01T00:00", "2026-11-2éT09:26"] {
            assert_eq!(Moment::of(&SentAt::stored(text.to_owned()), Zone::Utc), None, "{text}");
        }
    }
}
