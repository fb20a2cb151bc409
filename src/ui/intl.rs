//! Dates and numbers in words, by the browser's `Intl`. The language of the interface is English, with the day before
//! the month and a clock of 24 hours.
//!
//! All but [`plural`] run in the browser only: the server has no `Intl`, and does not know the reader's time zone.

use leptos::wasm_bindgen::JsValue;
use leptos::web_sys::js_sys::Intl::{DateTimeFormat, PluralRules, RelativeTimeFormat};
use leptos::web_sys::js_sys::{Array, Date, Object, Reflect};

use crate::ui::state::moment::{Day, Moment};

const LANGUAGE: &str = "en-GB";

thread_local! {
    // Formats are made once: making one takes many times as long as using it.
    static DATE_AND_TIME: DateTimeFormat = date_format(&[("dateStyle", "medium"), ("timeStyle", "short")]);
    static DATE: DateTimeFormat = date_format(&[("dateStyle", "medium")]);
    static WEEKDAY: DateTimeFormat = date_format(&[("weekday", "long")]);
    static WEEKDAY_AND_DATE: DateTimeFormat =
        date_format(&[("weekday", "long"), ("day", "numeric"), ("month", "short"), ("year", "numeric")]);
    // With "auto" a day ago is "yesterday".
    static RELATIVE: RelativeTimeFormat = RelativeTimeFormat::new(&languages(), &options(&[("numeric", "auto")]));
    static PLURALS: PluralRules = PluralRules::new(&languages(), &Object::new());
}

/// Returns a date and time, such as `21 Nov 2026, 09:26`.
pub fn date_and_time(moment: Moment) -> String {
    DATE_AND_TIME.with(|format| formatted(format, &moment.to_date()))
}

/// Returns a date, such as `21 Nov 2026`.
pub fn date(day: Day) -> String {
    DATE.with(|format| formatted(format, &day.to_date()))
}

/// Returns the name of a weekday, such as `Saturday`.
pub fn weekday(day: Day) -> String {
    WEEKDAY.with(|format| formatted(format, &day.to_date()))
}

/// Returns a date with its weekday, such as `Saturday, 21 Nov 2026`.
pub fn weekday_and_date(day: Day) -> String {
    WEEKDAY_AND_DATE.with(|format| formatted(format, &day.to_date()))
}

/// Returns `Today` for a day that is 0 days ago, `Yesterday` for one that is 1 day ago, and so on.
pub fn days_ago(days: i64) -> String {
    let mut words = RELATIVE.with(|format| String::from(format.format(-(days as f64), "day")));
    // The words of `Intl` are for the middle of a sentence.
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// Returns the form of a word that goes with a number: "message" with 1, "messages" with 2.
pub fn plural(count: i64, one: &'static str, other: &'static str) -> &'static str {
    // On the server the rule of English (CLDR): the words must equal those of the first rendering in the browser.
    let is_one = if cfg!(feature = "ssr") {
        count.abs() == 1
    } else {
        PLURALS.with(|rules| rules.select(count as f64) == *"one")
    };
    if is_one { one } else { other }
}

/// Makes a format of the times that [`Day::to_date`] and [`Moment::to_date`] return.
fn date_format(parts: &[(&str, &str)]) -> DateTimeFormat {
    let options = options(parts);
    // They show the reader's clock as if it were in UTC, so the format must not shift them to the reader's time zone.
    let _ = Reflect::set(&options, &"timeZone".into(), &"UTC".into());
    DateTimeFormat::new(&languages(), &options)
}

fn formatted(format: &DateTimeFormat, date: &Date) -> String {
    // The property is a function, which is bound to the format.
    let text = format.format().call1(&JsValue::UNDEFINED, date);
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

fn languages() -> Array {
    Array::of1(&LANGUAGE.into())
}

fn options(parts: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in parts {
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_one_is_singular() {
        let words = [0, 1, 2, 21, -1].map(|count| plural(count, "character", "characters"));
        assert_eq!(words, ["characters", "character", "characters", "characters", "character"]);
    }
}
