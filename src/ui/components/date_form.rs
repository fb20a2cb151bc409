//! Form that opens a conversation at a date.

use leptos::ev::SubmitEvent;
use leptos::html::{Details, Input};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::ui::state::date_cursor::from_local_day;
use crate::ui::state::disclosure::{close, close_when_left};
use crate::ui::state::location::query_parameter;
use crate::ui::state::shown_page::ShownPage;

/// Disclosure with a date field. Without WASM it opens, closes and submits as a plain form.
#[component]
pub fn DateForm(
    /// Path of the conversation.
    path: String,
) -> impl IntoView {
    let (menu, field) = (NodeRef::<Details>::new(), NodeRef::<Input>::new());
    close_when_left(menu);
    let navigate = use_navigate();
    let (action, page, shown) = (path.clone(), expect_context::<ShownPage>(), query_parameter("after"));
    let go = move |event: SubmitEvent| {
        let date = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if let Some(cursor) = from_local_day(&date) {
            event.prevent_default();
            if let Some(menu) = menu.get_untracked() {
                close(&menu);
            }
            let address = format!("{path}?after={cursor}");
            match shown.get_untracked() {
                Some(shown) if shown == cursor.0 => page.open_again(&address),
                _ => navigate(&address, Default::default()),
            }
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
