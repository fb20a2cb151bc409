//! Cursors of the messages from a date on.

use leptos::web_sys::js_sys;

use crate::domain::message::SentAt;
use crate::domain::page::Cursor;
use crate::ui::state::moment::Day;

/// Returns the cursor of the messages since midnight UTC of a date, or of the nearest one: the server does not know the
/// reader's time zone. `None` if the text contains no numbers.
pub fn from_day(date: &str) -> Option<Cursor> {
    let day = nearest_day(date)?;
    Some(Cursor::after(&SentAt::stored(format!("{day}T00:00:00.000000+00:00"))))
}

/// Returns the cursor of the messages since local midnight of a date, or of the nearest one. Runs only in the browser.
pub fn from_local_day(date: &str) -> Option<Cursor> {
    let day = nearest_day(date)?;
    // A date with a time but without a zone is in the local time zone (ECMA-262, 21.4.3.2).
    let midnight = js_sys::Date::new(&format!("{day}T00:00:00").into());
    let time = (!midnight.get_time().is_nan()).then(|| midnight.to_iso_string())?;
    Some(Cursor::after(&SentAt::stored(time.into())))
}

/// Reads a date as a date field sends it, with the year first, or as people write it, with the day first. What is
/// missing is 1.
fn nearest_day(text: &str) -> Option<Day> {
    // A number that is too long is too large.
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let mut numbers = numbers.map(|digits| digits.parse().unwrap_or(u32::MAX));
    let (first, month, last) = (numbers.next()?, numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
    let (year, date) = if first <= 31 && last > 31 { (last, first) } else { (first, last) };
    Some(Day::nearest(year, month, date))
}

#[cfg(test)]
mod tests {
    use super::*;

    // F48
    #[test]
    fn a_date_that_does_not_exist_leads_to_the_nearest_one() {
        for (text, day) in [
            ("2026-11-21", "2026-11-21"),
            ("2026-02-30", "2026-02-28"),
            ("2024-02-30", "2024-02-29"),
            ("2026-99-99", "2026-12-31"),
            ("2026-00-00", "2026-01-01"),
            ("0001-01-01", "1970-01-01"),
            ("0000-07-31", "1970-01-01"),
            ("-271821-04-20", "9999-12-31"),
            ("275760-09-13", "9999-12-31"),
            ("99999999999999999999-1-1", "9999-12-31"),
            ("30.2.2026", "2026-02-28"),
            ("2026", "2026-01-01"),
            ("2026-11", "2026-11-01"),
        ] {
            assert_eq!(nearest_day(text).map(|day| day.to_string()).as_deref(), Some(day), "{text}");
        }
        assert_eq!(nearest_day("tomorrow"), None);
    }

    #[test]
    fn a_date_becomes_a_cursor_at_its_midnight_and_other_text_does_not() {
        assert_eq!(from_day("2026-11-21"), Some(Cursor("after-2026-11-21T00:00:00.000000Z".to_owned())));
        assert_eq!([from_day("tomorrow"), from_day("")], [None, None]);
    }
}
