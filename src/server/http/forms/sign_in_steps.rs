//! Forms of the steps of a sign-in after the password.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::api;
use crate::server::http::forms::{submit, to_destination};
use crate::server::state::AppState;

/// Routes of the steps.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/signin/code", post(code)).route("/signin/password", post(password))
}

async fn code(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::AnswerSignInCode>(state, request, to_destination).await
}

async fn password(State(state): State<AppState>, request: Request) -> Response {
    submit::<api::SetFirstPassword>(state, request, to_destination).await
}
