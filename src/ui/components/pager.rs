//! Link to older entries of a list.

use leptos::prelude::*;
use leptos::web_sys::MouseEvent;

use crate::domain::error::AppError;
use crate::ui::wording::sentence;

/// Link to the page of older entries. With WASM it calls `load` instead, which adds them to the shown ones.
#[component]
pub fn OlderLink(
    /// URL of the older page, for browsers without WASM.
    href: String,
    label: &'static str,
    pending: Signal<bool>,
    error: Signal<Option<AppError>>,
    load: Callback<()>,
) -> impl IntoView {
    let click = move |event: MouseEvent| {
        // With a modifier key the browser opens the link in a new tab or window.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key()) {
            event.prevent_default();
            if !pending.get_untracked() {
                load.run(());
            }
        }
    };
    view! {
        <p class="pager">
            <a class="button" href=href on:click=click aria-busy=move || pending.get().then_some("true")>{label}</a>
            {move || error.get().map(|error| view! { <span class="error-note" translate="no" role="alert">{sentence(&error)}</span> })}
        </p>
    }
}
