//! `/`

use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Leads to the conversations, which lead whoever is not signed in to the sign-in.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <Redirect path="/messages"/> }
}
