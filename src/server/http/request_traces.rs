//! Traces of requests.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::server::http::client_address::is_from_proxy;
use crate::server::http::origin::REQUEST_ID;
use crate::server::state::AppState;
use crate::server::traces::parent::Parent;
use crate::server::traces::request;

/// Traces a request. Must be outside the layer of the log, whose span of the request is then below that of the trace.
pub async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    // A client could otherwise join its requests to the trace of another one, and decide how many are traced.
    let parent = match is_from_proxy(request.headers(), state.config.trusted_proxies) {
        true => Parent::of(request.headers()),
        false => Parent::None,
    };
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span = request::begin(request.method(), route, parent);
    if let Some(id) = request::trace_id(&span) {
        request.extensions_mut().insert(id);
    }
    let response = next.run(request).instrument(span.clone()).await;
    let id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    request::record_answer(&span, response.status(), id);
    response
}
