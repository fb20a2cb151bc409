//! Server-side rendering of pages.

use axum::extract::Request;
use axum::response::Response;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};

use crate::server::state::AppState;
use crate::ui::app::shell;

/// Renders the page at the request's URL. `context` provides values in addition to those that every page has.
pub async fn page(state: AppState, request: Request, context: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let (options, root) = (state.options.clone(), state.assets_prefix.clone());
    let contexts = move || {
        provide_context(state.clone());
        provide_nonce();
        context();
    };
    leptos_axum::render_app_async_with_context(contexts, move || shell(options.clone(), &root))(request).await
}

/// Provides the nonce of the response's content security policy, which Leptos puts on the page's scripts.
pub fn provide_nonce() {
    let parts = use_context::<axum::http::request::Parts>();
    if let Some(nonce) = parts.and_then(|parts| parts.extensions.get::<Nonce>().cloned()) {
        provide_context(nonce);
    }
}
