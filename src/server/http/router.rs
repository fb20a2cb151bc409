//! Every path that the server answers.

use crate::server::http::refuse::refuse;
use crate::server::http::render::{page, provide_nonce};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::Response;
use axum::routing::{any, get};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower::ServiceBuilder;
use tower_http::LatencyUnit;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};

use crate::domain::error::AppError;
use crate::server::http::events::events;
use crate::server::http::json_api::routes as json_api;
use crate::server::http::layers;
use crate::server::http::request_limits::BODY_BYTES_MAX;
use crate::server::http::{assets, forms, health, session};
use crate::server::state::AppState;
use crate::ui::app::{App, shell};

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
        .layer(map_request(async |request| layers::read_body(request).await.ok_or_else(|| refuse(&AppError::TooLarge))))
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

/// One span a request: its method, the route that answers it, and its id. No query, no header, no body.
fn span(request: &axum::http::Request<Body>) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = request.headers().get(HeaderName::from_static("x-request-id")).and_then(|id| id.to_str().ok());
    tracing::info_span!("request", method = %request.method(), route, id)
}
