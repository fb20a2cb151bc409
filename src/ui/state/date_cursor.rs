//! Cursors of the messages from a date on.

use leptos::web_sys::js_sys;

use crate::domain::message::SentAt;
use crate::domain::page::Cursor;

/// Returns the cursor of the messages since midnight UTC of a date: the server does not know the reader's time zone.
/// `None` if the text is not a date.
pub fn from_day(date: &str) -> Option<Cursor> {
    let is_date = date.len() == 10 && date.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    is_date.then(|| Cursor::after(&SentAt::stored(format!("{date}T00:00:00.000000+00:00"))))
}

/// Returns the cursor of the messages since local midnight of a date. Runs only in the browser.
pub fn from_local_day(date: &str) -> Option<Cursor> {
    // A date with a time but without a zone is in the local time zone (ECMA-262, 21.4.3.2).
    let midnight = js_sys::Date::new(&format!("{date}T00:00:00").into());
    let time = (!midnight.get_time().is_nan()).then(|| midnight.to_iso_string())?;
    Some(Cursor::after(&SentAt::stored(time.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_becomes_a_cursor_at_its_midnight_and_other_text_does_not() {
        assert_eq!(from_day("2026-11-21"), Some(Cursor("after-2026-11-21T00:00:00.000000Z".to_owned())));
        assert_eq!([from_day("tomorrow"), from_day("")], [None, None]);
    }
}
