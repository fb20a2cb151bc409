//! Budgets of pages, forms and calls of server functions. Every path of the pages is counted here, so that a new one
//! has its budget from the start.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::error::AppError;
use crate::server::http::client_address::ClientAddress;
use crate::server::http::error_page;
use crate::server::http::media_type::{MediaType, media_type};
use crate::server::http::rate_limits::{Action, Spender};
use crate::server::http::request_limits::BODY_BYTES_MAX;
use crate::server::http::session::{CurrentUser, OtherUsersPage, Resolved};
use crate::server::state::AppState;

/// Paths that no budget denies: who leaves must not have to wait. Each request needs a session, and ends it.
const WITHOUT_BUDGET: [&str; 4] = ["/signout", "/signout-everywhere", "/rpc/sign_out", "/rpc/sign_out_everywhere"];

/// Takes a request from the budgets of its user and its client address. If one of them is exhausted, answers with 429:
/// in JSON for a server function, else with a page that gives back the text of a message.
pub async fn spend(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if WITHOUT_BUDGET.contains(&path) {
        return next.run(request).await;
    }
    let action = if path.starts_with("/rpc/") { Action::Call } else { Action::Page };
    match state.rate_limits.spend(action, spender(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(error) => denied(request, &error).await,
    }
}

/// Returns the budgets from which a request is taken: those of its address, and of its user.
pub(super) fn spender(extensions: &Extensions) -> Spender {
    match extensions.get::<Resolved>() {
        // A page of another user spends nothing of the one who has signed in since.
        Some(Resolved(Ok(Some(user)))) if !OtherUsersPage::is_in(extensions) => CurrentUser::spender(user),
        // Signed out, or PostgreSQL is unavailable.
        Some(Resolved(Ok(_) | Err(_))) | None => Spender { user: None, address: ClientAddress::of(extensions) },
    }
}

async fn denied(request: Request, error: &AppError) -> Response {
    let path = request.uri().path().to_owned();
    match text_of_message(request).await {
        Some(text) => error_page::denied_message(error, &text),
        None => error_page::for_path(&path, error),
    }
}

/// Returns the text of a message in a posted form.
async fn text_of_message(request: Request) -> Option<String> {
    let (parts, body) = request.into_parts();
    let is_form = matches!(media_type(&parts.headers), Some(MediaType::Form)) && !parts.uri.path().starts_with("/rpc/");
    let body: Bytes = if is_form { to_bytes(body, BODY_BYTES_MAX).await.ok()? } else { return None };
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).ok()?;
    fields.into_iter().find(|(name, _)| name == "body").map(|(_, text)| text)
}
