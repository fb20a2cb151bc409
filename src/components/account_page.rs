//! What the pages around signing in have in common.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::header::PlainHeader;
use crate::components::heading::Heading;

/// A heading and a form on a card.
#[component]
pub fn AccountPage(
    /// What the form does.
    heading: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <PlainHeader/>
        <main class="page" id="main">
            <div class="card">
                <Heading>{heading}</Heading>
                {children()}
            </div>
        </main>
    }
}

/// Tells that the step before has been done, where the address says so (`?sent=1`).
#[component]
pub fn Done(
    /// The word in the address.
    query: &'static str,
    /// What has been done.
    says: &'static str,
) -> impl IntoView {
    let done = asked(query);
    view! { {move || done.get().map(|_| view! { <p class="done-note" role="status">{says}</p> })} }
}

/// What the address says after `?`.
pub fn asked(query: &'static str) -> Memo<Option<String>> {
    let map = use_query_map();
    Memo::new(move |_| map.read().get(query).filter(|value| !value.is_empty()))
}
