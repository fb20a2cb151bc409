//! Times for readers. The server's HTML and the first rendering in the browser must be equal, so both show the
//! canonical form in UTC, which needs no calendar and no names: `2026-11-21 09:26 UTC`. After hydration, `Intl` writes
//! the time as the reader expects it. Without WASM the canonical form stays.

use leptos::prelude::*;

use crate::domain::message::SentAt;
use crate::ui::intl;
use crate::ui::state::clock::{use_time_zone, use_today};
use crate::ui::state::moment::{Day, Moment, Zone};

/// Visible form of a time. The tooltip and screen readers always get the full date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Hour and minute.
    Clock,
    /// Date and time.
    Full,
    /// Short form for lists: time, weekday or date, depending on the age.
    Short,
    /// The word "Edited", with the time of the edit in the tooltip.
    Edited,
}

/// Time at which a message was sent or edited.
#[component]
pub fn Time(at: SentAt, format: TimeFormat) -> impl IntoView {
    let calendar = Calendar::current();
    move || time_element(&at, format, calendar).into_any()
}

/// Time zone of the reader and current day. Both change while a page is open.
#[derive(Clone, Copy)]
pub struct Calendar {
    pub zone: Signal<Zone>,
    today: Signal<Option<Day>>,
}

impl Calendar {
    /// Returns the calendar of the page.
    pub fn current() -> Self {
        Self { zone: use_time_zone(), today: use_today() }
    }
}

/// Draws a time, and tracks as much of the calendar as its format shows. For views that draw themselves again: a row of
/// a list costs one effect, and not one for each part of its time.
pub fn time_element(at: &SentAt, format: TimeFormat, calendar: Calendar) -> impl IntoView + use<> {
    let zone = calendar.zone.get();
    let datetime = Moment::of(at, Zone::Utc).map(Moment::machine_readable);
    let moment = Moment::of(at, zone);
    let in_full = moment.map(|moment| full(moment, zone));
    let title = in_full.clone();
    let visible = moment.map(|moment| match format {
        TimeFormat::Clock => moment.to_string(),
        TimeFormat::Full => full(moment, zone),
        TimeFormat::Short => short(moment, calendar.today.get()),
        TimeFormat::Edited => "Edited".to_owned(),
    });
    view! {
        <time class="time" translate="no" datetime=datetime title=title>
            <span aria-hidden="true">{visible}</span>
            <span class="visually-hidden">{in_full}</span>
        </time>
    }
}

/// Returns the label of a day's line between messages. `today` is unknown until hydration.
pub fn day_label(day: Day, today: Option<Day>) -> String {
    let Some(today) = today else { return day.to_string() };
    match line_form(day.days_until(today)) {
        LineForm::DaysAgo(days) => intl::days_ago(days),
        LineForm::Date => intl::weekday_and_date(day),
    }
}

fn full(moment: Moment, zone: Zone) -> String {
    match zone {
        Zone::Utc => format!("{} {moment} UTC", moment.day),
        Zone::Local => intl::date_and_time(moment),
    }
}

fn short(moment: Moment, today: Option<Day>) -> String {
    let Some(today) = today else { return moment.day.to_string() };
    match list_form(moment.day.days_until(today)) {
        ListForm::Clock => moment.to_string(),
        ListForm::Weekday => intl::weekday(moment.day),
        ListForm::Date => intl::date(moment.day),
    }
}

/// Form of a time in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListForm {
    Clock,
    Weekday,
    Date,
}

/// Returns the form for a time that is a number of days ago.
fn list_form(days_ago: i64) -> ListForm {
    match days_ago {
        0 => ListForm::Clock,
        1..=6 => ListForm::Weekday,
        _ => ListForm::Date,
    }
}

/// Form of a day in the line between messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineForm {
    DaysAgo(i64),
    Date,
}

/// Returns the form for a day that is a number of days ago.
fn line_form(days_ago: i64) -> LineForm {
    match days_ago {
        0 | 1 => LineForm::DaysAgo(days_ago),
        _ => LineForm::Date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_the_time_today_the_weekday_this_week_and_the_date_before() {
        assert_eq!(list_form(0), ListForm::Clock);
        assert_eq!([1, 6].map(list_form), [ListForm::Weekday; 2]);
        assert_eq!([7, 400].map(list_form), [ListForm::Date; 2]);
        assert_eq!(list_form(-1), ListForm::Date, "a clock that is ahead");
    }

    #[test]
    fn a_day_line_names_today_and_yesterday() {
        assert_eq!([0, 1].map(line_form), [0, 1].map(LineForm::DaysAgo));
        assert_eq!([2, -1].map(line_form), [LineForm::Date; 2]);
    }

    #[test]
    fn until_hydration_a_time_is_in_utc_and_in_the_canonical_form() {
        let moment = Moment::of(&SentAt::stored("2026-11-21T09:26".to_owned()), Zone::Utc).expect("a time");
        assert_eq!(full(moment, Zone::Utc), "2026-11-21 09:26 UTC");
        assert_eq!(short(moment, None), "2026-11-21");
        assert_eq!(day_label(moment.day, None), "2026-11-21");
    }
}
