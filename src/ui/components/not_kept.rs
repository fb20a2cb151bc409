//! Warning that a text would be lost with the page.

use leptos::prelude::*;

/// Warning beside a text that the browser has refused to keep.
#[component]
pub fn NotKept() -> impl IntoView {
    view! {
        <p class="not-kept" role="status">"Not kept: this browser's storage is full or turned off. Leave this page open."</p>
    }
}
