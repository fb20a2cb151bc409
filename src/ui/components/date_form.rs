//! Form that opens a conversation at a date.

use leptos::ev::SubmitEvent;
use leptos::html::{Details, Input};
use leptos::prelude::*;
use leptos::web_sys::js_sys;
use leptos_router::hooks::use_navigate;

use crate::domain::message::SentAt;
use crate::domain::page::Cursor;
use crate::ui::state::disclosure::close_when_left;

/// Returns the cursor of the messages since midnight UTC of a date: the server does not know the reader's time zone.
/// `None` if the text is not a date.
pub fn from_day(date: &str) -> Option<Cursor> {
    let is_date = date.len() == 10 && date.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    is_date.then(|| Cursor::after(&SentAt::stored(format!("{date}T00:00:00.000000+00:00"))))
}

/// Returns the cursor of the messages since local midnight of a date. Runs only in the browser.
fn from_local_day(date: &str) -> Option<Cursor> {
    // A date with a time but without a zone is in the local time zone (ECMA-262, 21.4.3.2).
    let midnight = js_sys::Date::new(&format!("{date}T00:00:00").into());
    let time = (!midnight.get_time().is_nan()).then(|| midnight.to_iso_string())?;
    Some(Cursor::after(&SentAt::stored(time.into())))
}

/// Disclosure with a date field. Without WASM it opens, closes and submits as a plain form.
#[component]
pub fn DateForm(
    /// Path of the conversation.
    path: String,
) -> impl IntoView {
    let (menu, field) = (NodeRef::<Details>::new(), NodeRef::<Input>::new());
    close_when_left(menu);
    let navigate = use_navigate();
    let action = path.clone();
    let go = move |event: SubmitEvent| {
        let date = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if let Some(cursor) = from_local_day(&date) {
            event.prevent_default();
            if let Some(menu) = menu.get_untracked() {
                menu.set_open(false);
            }
            navigate(&format!("{path}?after={cursor}"), Default::default());
        }
    };
    view! {
        <details class="disclosure" node_ref=menu>
            <summary class="button button--quiet button--icon disclosure__summary date-form__summary">
                <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M5 6h14v14H5zM5 10h14M9 3v4M15 3v4"/>
                </svg>
                <span class="visually-hidden">"Go to a date"</span>
            </summary>
            <form class="disclosure__panel date-form__panel" method="get" action=action on:submit=go>
                <label class="field__label" for="on">"Show messages from"</label>
                <input class="field__input" id="on" name="on" type="date" required node_ref=field/>
                <button class="button button--primary" type="submit">"Go"</button>
            </form>
        </details>
    }
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
