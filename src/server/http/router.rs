//! Router of all paths.

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::Response;
use axum::routing::{any, get};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower::ServiceBuilder;
use tower_http::LatencyUnit;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};

use crate::domain::error::AppError;
use crate::server::http::error_response::error_response;
use crate::server::http::events::events;
use crate::server::http::json_api::routes as json_api;
use crate::server::http::layers::ErrorResponse;
use crate::server::http::origin::{REQUEST_ID, record_limits};
use crate::server::http::render::{page, provide_page_contexts};
use crate::server::http::request_limits::BODY_BYTES_MAX;
use crate::server::http::{
    assets, body, client_address, error_page, forms, health, layers, metrics_server, privacy, request_budgets,
    request_head, request_traces, security_txt, session,
};
use crate::server::state::AppState;
use crate::server::traces::parent::AMAZON_TRACE_ID;
use crate::server::traces::request::RequestTrace;
use crate::ui::app::{App, shell};

/// Header in which an AWS load balancer names the trace of a request.
const TRACE_ID: HeaderName = HeaderName::from_static(AMAZON_TRACE_ID);

/// Maximum length of a trace id in the log. A client may send any text that the load balancer continues.
const TRACE_ID_LEN_MAX: usize = 200;

/// Media type of an export, which is compressed already.
pub const ZIP: &str = "application/zip";

/// Response if a handler panics or does not answer in time: JSON for server functions, else a plain page. A page of the
/// app would need the dependency that does not answer.
const ON_ERROR: ErrorResponse = ErrorResponse(error_page::for_path);

/// Builds the router. Do not call it concurrently: Leptos collects the app's routes through global state.
pub fn router(state: AppState) -> Router {
    let on_response = DefaultOnResponse::new().latency_unit(LatencyUnit::Micros);
    let router = Router::new()
        .merge(pages(&state))
        .merge(event_stream(&state))
        .route("/healthz", get(health::healthz))
        .route(security_txt::PATH, get(security_txt::show))
        .route(privacy::PATH, get(privacy::show).layer(layers::compression()))
        .route("/readyz", get(health::readyz).layer(from_fn_with_state(ON_ERROR, layers::request_timeout)))
        .merge(assets::routes(&state))
        .layer(from_fn_with_state(state.clone(), layers::same_origin))
        // Outside `same_origin`: browsers add no token by themselves, so another site cannot forge an API request.
        .nest(json_api::PREFIX, json_api::routes(&state))
        // `nest` matches the prefix itself and longer paths, but not the prefix with a slash alone.
        .route("/api/", any(json_api::not_found))
        .layer(
            ServiceBuilder::new()
                .map_request(without_request_id)
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(TraceLayer::new_for_http().make_span_with(span).on_response(on_response))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(from_fn_with_state(state.clone(), layers::security_headers))
                .layer(from_fn_with_state(ON_ERROR, layers::catch_panic))
                .layer(from_fn_with_state(state.clone(), client_address::client_address))
                .layer(from_fn_with_state(state.clone(), record_limits))
                .layer(from_fn(request_head::check)),
        );
    let router = match state.config.traces.endpoint() {
        Some(_) => router.layer(from_fn_with_state(state.clone(), request_traces::trace)),
        None => router,
    };
    match state.config.metrics_address {
        Some(_) => router.layer(from_fn_with_state(state.clone(), metrics_server::measure)),
        None => router,
    }
    .with_state(state)
}

/// Returns the routes of the pages. They are found once per process: as long as Leptos 0.8 looks for them, a resource
/// that a page begins to load anywhere in the process never ends, and nor does its page.
fn page_routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// Routes of the pages, their forms and the server functions.
fn pages(state: &AppState) -> Router<AppState> {
    let shell = {
        let (options, files) = (state.options.clone(), state.files.page.clone());
        move || shell(options.clone(), files.clone())
    };
    Router::new()
        .leptos_routes_with_context(state, page_routes(), provide_page_contexts, shell)
        .merge(forms::routes())
        .fallback(not_found)
        .layer(from_fn(layers::require_sign_in))
        .layer(from_fn_with_state(state.clone(), request_budgets::spend))
        .layer(from_fn(body::check_form))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(map_request(async |request| {
            body::buffer_body(request).await.map_err(|reason| {
                let error = match reason {
                    body::UnreadableBody::TooLarge => AppError::TooLarge,
                    body::UnreadableBody::Malformed => AppError::Invalid(Vec::new()),
                    // It may come faster another time.
                    body::UnreadableBody::TooSlow => AppError::Unavailable,
                };
                reason.answer(error_response(&error))
            })
        }))
        .layer(from_fn(layers::server_function_status))
        .layer(from_fn_with_state(state.clone(), session::resolve))
        .layer(layers::compression().compress_when(DefaultPredicate::new().and(NotForContentType::const_new(ZIP))))
        .layer(from_fn_with_state(ON_ERROR, layers::request_timeout))
}

/// Route of the event stream. It has no timeout and no compression, which would buffer the events.
fn event_stream(state: &AppState) -> Router<AppState> {
    Router::new().route("/events", get(events)).layer(from_fn_with_state(state.clone(), session::resolve))
}

/// Renders the "not found" page with status 404.
async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let mut response = page(state, request, || {}).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Removes a request id that a client has sent: it could be that of another request, and of any length.
fn without_request_id(mut request: Request) -> Request {
    request.headers_mut().remove(REQUEST_ID);
    request
}

/// Creates the log span of a request: method, route, request id, trace id of an AWS load balancer, the id under which
/// it is traced, and, once it is known, the id of the user. Queries, other headers and bodies are private and stay out.
fn span(request: &axum::http::Request<Body>) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let trace = header(TRACE_ID).filter(|trace| trace.len() <= TRACE_ID_LEN_MAX);
    let id = header(REQUEST_ID);
    let traced = request.extensions().get::<RequestTrace>();
    let trace_id = traced.map(|trace| trace.0.as_str());
    let user = tracing::field::Empty;
    tracing::info_span!("request", method = %request.method(), route, id, trace, trace_id, user)
}
