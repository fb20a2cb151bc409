//! Selection of spans and events for the traces.

use opentelemetry::Context as TraceContext;
use opentelemetry::trace::TraceContextExt;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

use crate::server::traces::request;

/// Modules of the AWS SDK that create a span for each call, with the names of the service and of the operation.
const CALLS: [&str; 2] = ["aws_sdk_dynamodb::operation::", "aws_sdk_cognitoidentityprovider::operation::"];

/// Target of the events with which the driver of PostgreSQL reports a statement.
const STATEMENTS: &str = "sqlx::query";

/// Filter of what happens in a request that is traced: its span, and certain spans or events below it. Calls of
/// background tasks belong to no request and are left out.
pub(super) struct InRequests(fn(&Metadata<'_>) -> bool);

/// Selects the spans of requests and of their calls.
pub(super) const SPANS: InRequests =
    InRequests(|it| it.is_span() && CALLS.iter().any(|module| it.target().starts_with(module)));

/// Selects the statements of requests. The driver also asks for its target without an event.
pub(super) const STATEMENTS_OF_REQUESTS: InRequests = InRequests(|it| !it.is_span() && it.target() == STATEMENTS);

impl<S: Subscriber> Filter<S> for InRequests {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        let is_in_request = || TraceContext::map_current(|trace| trace.span().span_context().is_sampled());
        metadata.target() == request::TARGET || (self.0(metadata) && is_in_request())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match (metadata.target() == request::TARGET, self.0(metadata)) {
            (true, _) => Interest::always(),
            (false, true) => Interest::sometimes(),
            (false, false) => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }
}
