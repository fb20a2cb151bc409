//! Times of messages: in UTC in the server's HTML, in the local time zone after hydration.

use std::fmt;

use leptos::web_sys::js_sys;

use crate::domain::message::SentAt;

/// Time zone of a displayed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Used in the server's HTML: the server does not know the reader's time zone.
    Utc,
    /// The browser's time zone.
    Local,
}

/// Calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i64,
    /// 1 to 12.
    month: u8,
    /// 1 to 31.
    date: u8,
}

/// Minute of a day, in an unspecified time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub day: Day,
    hour: u8,
    minute: u8,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Weekdays in the order of [`Day::number`]: 1 January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

impl Day {
    /// Returns today's date in the browser's time zone.
    pub fn today() -> Self {
        Moment::from_date(&js_sys::Date::new_0()).day
    }

    /// Days since 1 January 1970. The calculation lets years begin in March, so that the leap day comes last.
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

    /// Label of the day's line between messages, such as `Today` or `Saturday 21 Nov 2026`. `today` is unknown on the
    /// server.
    pub fn label(self, today: Option<Self>) -> String {
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
    /// Returns the minute of a time in `zone`; `None` if the stored text is not a time.
    pub fn of(sent_at: &SentAt, zone: Zone) -> Option<Self> {
        let utc = Self::parse(sent_at.as_str())?;
        Some(match zone {
            Zone::Utc => utc,
            Zone::Local => Self::from_date(&js_sys::Date::new(&utc.machine_readable().into())),
        })
    }

    /// Parses the beginning of `2026-11-21T09:26:28.207802+00:00`, which is in UTC.
    fn parse(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
        let (month, date) = (number(5, 7)?, number(8, 10)?);
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&date);
        let day = Day { year: text.get(0..4)?.parse().ok()?, month, date };
        is_date.then_some(Self { day, hour: number(11, 13)?, minute: number(14, 16)? })
    }

    fn from_date(date: &js_sys::Date) -> Self {
        let day = Day {
            year: i64::from(date.get_full_year()),
            month: date.get_month() as u8 + 1,
            date: date.get_date() as u8,
        };
        Self { day, hour: date.get_hours() as u8, minute: date.get_minutes() as u8 }
    }

    /// Minutes since 1 January 1970 in the moment's time zone.
    pub fn minutes(self) -> i64 {
        (self.day.number() * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute)
    }

    /// Returns the text for a `datetime` attribute.
    pub fn machine_readable(self) -> String {
        let Day { year, month, date } = self.day;
        format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}Z", self.hour, self.minute)
    }

    /// Returns the hour and minute.
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// Returns the date and time. In UTC they are marked as such.
    pub fn full(self, zone: Zone) -> String {
        let suffix = if zone == Zone::Utc { " UTC" } else { "" };
        format!("{}, {}{suffix}", self.day, self.clock())
    }

    /// Short form for lists: the time if today, the weekday if in the last six days, otherwise the date.
    pub fn short(self, today: Option<Day>) -> String {
        match today.map(|today| today.number() - self.day.number()) {
            Some(0) => self.clock(),
            Some(1..=6) => self.day.weekday().to_owned(),
            _ => self.day.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::of(&SentAt::stored(text.to_owned()), Zone::Utc).expect("a time")
    }

    #[test]
    fn a_time_in_utc_is_marked_as_utc() {
        let sent = moment("2026-11-21T09:26:28.207802+00:00");
        assert_eq!(sent.full(Zone::Utc), "21 Nov 2026, 09:26 UTC");
        assert_eq!(sent.full(Zone::Local), "21 Nov 2026, 09:26");
        assert_eq!(sent.machine_readable(), "2026-11-21T09:26Z");
    }

    #[test]
    fn a_text_that_is_not_a_time_has_no_moment() {
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
        assert_eq!(moment("2026-11-21T09:26").short(None), "21 Nov 2026", "today is unknown on the server");
    }

    #[test]
    fn a_day_line_names_today_and_yesterday() {
        let today = Some(moment("2026-03-01T23:00").day);
        assert_eq!(moment("2026-03-01T01:00").day.label(today), "Today");
        assert_eq!(moment("2026-02-28T01:00").day.label(today), "Yesterday");
        assert_eq!(moment("2026-02-27T01:00").day.label(today), "Friday 27 Feb 2026");
    }
}
