//! Server-side rendering of pages.

use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};

use crate::domain::page_user::PageUser;
use crate::domain::position::{Position, PositionSource};
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;
use crate::ui::app::shell;

/// Renders the page at the request's URL. `context` provides values in addition to those that every page has.
pub async fn page(state: AppState, request: Request, context: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let (options, files) = (state.options.clone(), state.files.page.clone());
    let contexts = move || {
        provide_context(state.clone());
        provide_page_contexts();
        context();
    };
    leptos_axum::render_app_async_with_context(contexts, move || shell(options.clone(), files.clone()))(request).await
}

/// Provides the nonce of the response's content security policy, which Leptos puts on the page's scripts, and the
/// source of the page's position, and the page's user.
pub fn provide_page_contexts() {
    provide_context(PositionSource(page_position));
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(nonce) = parts.extensions.get::<Nonce>() {
        provide_context(nonce.clone());
    }
    if let Ok(me) = CurrentUser::of(&parts) {
        provide_context(PageUser(me.user.id));
    }
}

/// Returns the position of the page that is being rendered for a signed-in user.
fn page_position() -> Option<Position> {
    let (state, parts) = (use_context::<AppState>()?, use_context::<Parts>()?);
    state.hub.page_position(CurrentUser::of(&parts).ok()?.user.id)
}
