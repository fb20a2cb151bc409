//! Traces for OpenTelemetry: a span for each request, and below it one for each call that it waits for. Off by default.

pub mod options;

pub mod parent;

mod trace_ids;

pub mod request;

mod activation;

mod filter;

mod statements;

mod collector;

mod export;

pub use export::Traces;
pub use options::TraceOptions;
