//! The document, the routes.

use leptos::prelude::*;

/// The app: routes and what surrounds every page.
#[component]
pub fn App() -> impl IntoView {
    view! { <p>"soon"</p> }
}
/// STUB
pub fn shell(_: LeptosOptions) -> impl IntoView {
    view! { <App/> }
}
