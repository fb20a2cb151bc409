//! Times for readers.

use leptos::prelude::*;

use crate::domain::message::SentAt;
use crate::ui::state::clock::{use_time_zone, use_today};
use crate::ui::state::moment::{Moment, Zone};

/// Visible form of a time. The tooltip and screen readers always get the full date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Hour and minute.
    Clock,
    /// Short form for lists: time, weekday or date, depending on the age.
    Short,
}

/// Time at which a message was sent.
#[component]
pub fn Time(at: SentAt, format: TimeFormat) -> impl IntoView {
    let (zone, today) = (use_time_zone(), use_today());
    let datetime = Moment::of(&at, Zone::Utc).map(Moment::machine_readable);
    let moment = Memo::new(move |_| Moment::of(&at, zone.get()));
    let full = move || moment.get().map(|moment| moment.full(zone.get()));
    let short = move || {
        moment.get().map(|moment| match format {
            TimeFormat::Clock => moment.clock(),
            TimeFormat::Short => moment.short(today.get()),
        })
    };
    view! {
        <time class="time" datetime=datetime title=full>
            <span aria-hidden="true">{short}</span>
            <span class="visually-hidden">{full}</span>
        </time>
    }
}
