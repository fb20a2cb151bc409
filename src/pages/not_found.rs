//! Where no page is.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::error_note::NothingHere;
use crate::components::header::PlainHeader;

/// The same words as for a conversation that is not yours.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Nothing here · Cruddur"/>
        <PlainHeader/>
        <main class="page" id="main">
            <NothingHere/>
        </main>
    }
}
