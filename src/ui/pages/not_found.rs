//! Where no page is.

use leptos::prelude::*;

use crate::ui::components::error_note::NothingHere;
use crate::ui::components::header::PlainHeader;

/// The same words as for a conversation that is not yours.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PlainHeader/>
        <main class="page" id="main">
            <NothingHere/>
        </main>
    }
}
