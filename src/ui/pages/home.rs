//! `/`: the start page.

use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Redirects to the conversations; from there a signed-out user is redirected to the sign-in.
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <Redirect path="/messages"/> }
}
