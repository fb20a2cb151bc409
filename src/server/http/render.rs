//! Pages rendered on the server.

use axum::extract::Request;
use axum::response::Response;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};

use crate::server::state::AppState;
use crate::ui::app::shell;

/// Renders the page that the request's address names, with `context` besides what every page has.
pub async fn page(state: AppState, request: Request, context: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let (options, root) = (state.options.clone(), state.assets.clone());
    let contexts = move || {
        provide_context(state.clone());
        provide_nonce();
        context();
    };
    leptos_axum::render_app_async_with_context(contexts, move || shell(options.clone(), &root))(request).await
}

/// Puts the nonce of the response's policy on the page's scripts.
pub fn provide_nonce() {
    let parts = use_context::<axum::http::request::Parts>();
    if let Some(nonce) = parts.and_then(|parts| parts.extensions.get::<Nonce>().cloned()) {
        provide_context(nonce);
    }
}
