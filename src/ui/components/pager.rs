//! The way to older parts of a list.

use leptos::prelude::*;
use leptos::web_sys::MouseEvent;

use crate::domain::error::AppError;

/// A link to the page that is older. With WASM it puts what is older in front of what is shown instead.
#[component]
pub fn OlderLink(
    /// The page, for a browser without WASM.
    href: String,
    /// What there is more of.
    label: &'static str,
    /// Whether it is being fetched.
    pending: Signal<bool>,
    /// Why it could not be fetched.
    error: Signal<Option<AppError>>,
    /// Fetches it.
    load: Callback<()>,
) -> impl IntoView {
    let click = move |event: MouseEvent| {
        // With a key held it is a link like any other: to a new tab or window.
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
            {move || error.get().map(|error| view! { <span class="error-note" role="alert">{error.to_string()}</span> })}
        </p>
    }
}
