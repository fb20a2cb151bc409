//! Page for unknown URLs.

use leptos::prelude::*;

use crate::ui::components::error_note::NotFoundNotice;
use crate::ui::components::header::PlainHeader;

/// Shows the same notice as for a conversation that the user may not see.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PlainHeader/>
        <main class="page" id="main">
            <NotFoundNotice/>
        </main>
    }
}
