//! Brand: logo and name.

use leptos::prelude::*;

/// Logo and name, linked to the conversations.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/messages">
            <svg class="brand__mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
                <path d="M16 3C8.3 3 2 8.4 2 15.2c0 3.9 2.1 7.3 5.3 9.5L6.4 30l6.2-3c1.1.2 2.2.4 3.4.4 7.7 0 14-5.4 14-12.2S23.7 3 16 3Z"/>
                <path class="brand__letter" d="M20.6 11.4a5.6 5.6 0 1 0 0 7.6"/>
            </svg>
            <span class="brand__word">"Cruddur"</span>
        </a>
    }
}
