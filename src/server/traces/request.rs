//! Span of a request. It holds method, route, status and the id of the request, and nothing that a client has written.

use axum::http::{Method, StatusCode};
use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::server::metrics::known_method;
use crate::server::traces::parent::Parent;
use crate::server::traces::trace_ids::with_trace_id;

/// Target of the spans of requests. The log leaves them out: it has spans of its own.
pub(in crate::server) const TARGET: &str = "request_trace";

/// Method of a span whose request has an unknown one: a client may send any word.
const OTHER_METHOD: &str = "_OTHER";

/// Id of the trace of a request, in the request's extensions and in its log lines.
#[derive(Debug, Clone)]
pub struct RequestTrace(pub String);

/// Begins the span of a request. `route` is the matched pattern, such as `/messages/{id}`.
pub fn begin(method: &Method, route: Option<&str>, parent: Parent) -> Span {
    let method = known_method(method).unwrap_or(OTHER_METHOD);
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request.id = Empty,
    );
    match parent {
        Parent::None => {}
        // The trace begins with the first look at the context of its span.
        Parent::Trace(id) => drop(with_trace_id(id, || span.context())),
        Parent::Span(context) => {
            // Fails only if the span is not recorded.
            let _ = span.set_parent(context);
        }
    }
    span
}

/// Returns the id of the trace of a request's span, unless it is not recorded.
pub fn trace_id(span: &Span) -> Option<RequestTrace> {
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_sampled().then(|| RequestTrace(context.trace_id().to_string()))
}

/// Adds the answer to the span of a request. A refusal is no error of the server.
pub fn record_answer(span: &Span, status: StatusCode, request_id: Option<&str>) {
    span.record("http.response.status_code", status.as_u16());
    if let Some(id) = request_id {
        span.record("request.id", id);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "error");
    }
}
