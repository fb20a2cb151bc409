//! Every path that the server answers.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::Response;
use axum::routing::{any, get};
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceBuilder;
use tower_http::LatencyUnit;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};

use crate::app::{App, shell};
use crate::error::AppError;
use crate::server::json_api::routes as json_api;
use crate::server::layers::{self, BODY_BYTES_MAX};
use crate::server::live::events::events;
use crate::server::state::AppState;
use crate::server::{assets, forms, health, session};

/// The longest that a request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds the router. To be called once per process at a time: Leptos walks the routes of the app with global state.
pub fn router(state: AppState) -> Router {
    let answered = DefaultOnResponse::new().latency_unit(LatencyUnit::Micros);
    Router::new()
        .merge(pages(&state))
        .merge(live(&state))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz).layer(from_fn(layers::in_time)))
        .merge(assets::routes(&state))
        .layer(from_fn_with_state(state.clone(), layers::same_origin))
        // Outside of it: no browser adds a token by itself, so another site has nothing to forge a request with.
        .nest(json_api::PREFIX, json_api::routes(&state))
        // What is nested is the prefix itself and what comes after its slash, but not the slash alone.
        .route("/api/", any(json_api::not_found))
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http().make_span_with(span).on_response(answered))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(from_fn_with_state(state.clone(), layers::security_headers))
                .layer(from_fn(layers::after_panic))
                .layer(from_fn_with_state(state.clone(), layers::client_address)),
        )
        .with_state(state)
}

/// Pages, the forms on them, and the server functions that they call.
fn pages(state: &AppState) -> Router<AppState> {
    let shell = {
        let (options, root) = (state.options.clone(), state.assets.clone());
        move || shell(options.clone(), &root)
    };
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(App), provide_nonce, shell)
        .merge(forms::routes())
        .fallback(not_found)
        .layer(from_fn(layers::sign_in_first))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(map_request(async |request| {
            layers::read_body(request).await.ok_or_else(|| layers::refuse(&AppError::TooLarge))
        }))
        .layer(from_fn(layers::server_function))
        .layer(from_fn_with_state(state.clone(), session::resolve))
        .layer(CompressionLayer::new())
        .layer(from_fn(layers::in_time))
}

/// The stream of events: without limits of time, and unbuffered, as compression is not.
fn live(state: &AppState) -> Router<AppState> {
    Router::new().route("/events", get(events)).layer(from_fn_with_state(state.clone(), session::resolve))
}

/// A page of ours that says that nothing is there, with 404.
async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let mut response = page(state, request, || {}).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

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
fn provide_nonce() {
    let parts = use_context::<axum::http::request::Parts>();
    if let Some(nonce) = parts.and_then(|parts| parts.extensions.get::<Nonce>().cloned()) {
        provide_context(nonce);
    }
}

/// One span a request: its method, the route that answers it, and its id. No query, no header, no body.
fn span(request: &axum::http::Request<Body>) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = request.headers().get(HeaderName::from_static("x-request-id")).and_then(|id| id.to_str().ok());
    tracing::info_span!("request", method = %request.method(), route, id)
}
