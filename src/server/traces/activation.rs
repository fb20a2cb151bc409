//! Trace of a request in all tasks that belong to the request.

use std::cell::RefCell;

use opentelemetry::{Context as TraceContext, ContextGuard};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber, dispatcher};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::server::traces::request;

/// Name of the log's span of a request.
const LOG_SPAN: &str = "request";

thread_local! {
    /// Traces of the spans that this thread has entered, the innermost last.
    static ENTERED: RefCell<Vec<(Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

/// Layer that activates the trace of a request wherever the log's span of the request is entered. Tasks enter that span
/// only, and a layer finds no parent of it that the same thread has not entered, too.
pub(super) struct Activation;

/// Trace, in the log's span of its request.
struct OfRequest(TraceContext);

/// Selects the spans of a request: that of the log, and its parent, that of the trace.
pub(super) fn is_of_request(metadata: &Metadata<'_>) -> bool {
    let is_of_log = metadata.name() == LOG_SPAN && metadata.target().starts_with(env!("CARGO_CRATE_NAME"));
    metadata.is_span() && (is_of_log || metadata.target() == request::TARGET)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Activation {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(parent) = span.parent() else { return };
        if let Some(trace) = dispatcher::get_default(|dispatch| get_otel_context(&parent.id(), dispatch)) {
            span.extensions_mut().insert(OfRequest(trace));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let trace = context.span(id).and_then(|span| span.extensions().get::<OfRequest>().map(|it| it.0.clone()));
        if let Some(trace) = trace {
            ENTERED.with_borrow_mut(|entered| entered.push((id.clone(), trace.attach())));
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        ENTERED.with_borrow_mut(|entered| {
            // Spans may be left in another order than they were entered.
            if let Some(at) = entered.iter().rposition(|(other, _)| other == id) {
                entered.remove(at);
            }
        });
    }
}
