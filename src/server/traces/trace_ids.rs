//! Ids of traces: random, unless a load balancer has chosen one.

use std::cell::Cell;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    /// Id of the trace that begins next on this thread.
    static NEXT: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Generator of ids. The SDK has no other way to begin a trace with a given id: a parent must have a span.
#[derive(Debug, Default)]
pub(super) struct TraceIds(RandomIdGenerator);

impl IdGenerator for TraceIds {
    fn new_trace_id(&self) -> TraceId {
        NEXT.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

/// Calls `begin`, which begins a trace, so that the trace gets this id.
pub(super) fn with_trace_id<T>(id: TraceId, begin: impl FnOnce() -> T) -> T {
    NEXT.set(Some(id));
    let begun = begin();
    NEXT.set(None);
    begun
}
