//! Parent of a request's trace, as the headers of a trusted proxy name it.

use axum::http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// Header in which AWS names the trace of a request.
pub const AMAZON_TRACE_ID: &str = "x-amzn-trace-id";

/// Header in which W3C Trace Context names the parent of a request.
const TRACE_PARENT: &str = "traceparent";

/// Length of that header in its first version. No version is shorter, but the propagator would read it.
const TRACE_PARENT_LEN_MIN: usize = 55;

/// Parent of the span of a request.
#[derive(Debug, Clone)]
pub enum Parent {
    /// The request begins a trace.
    None,
    /// The request is the first span of this trace, whose id a load balancer has chosen.
    Trace(TraceId),
    /// The request belongs to the span of another program, which has decided whether the trace is kept.
    Span(Context),
}

impl Parent {
    /// Reads the headers of a trusted proxy. That of AWS counts first: a load balancer of AWS writes it into every
    /// request and into its own log, while it passes on whatever a client says in the other one.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = headers.get(AMAZON_TRACE_ID).and_then(|value| value.to_str().ok());
        text.and_then(of_amazon).or_else(|| of_w3c(headers)).unwrap_or(Self::None)
    }
}

/// Reads `Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1`. Load balancers write no parent.
/// One without a decision (`Sampled=?`, or none) is not followed, because only its trace is known to exist.
fn of_amazon(header: &str) -> Option<Parent> {
    let pairs = || header.split(';').filter_map(|pair| pair.trim().split_once('='));
    let value = |name: &str| pairs().find(|(other, _)| *other == name).map(|(_, value)| value);
    let trace = trace_of_root(value("Root")?)?;
    let parent = value("Parent").and_then(|text| hexadecimal(text, 16)).map(|id| SpanId::from_hex(id).ok());
    let flags = match value("Sampled") {
        Some("1") => Some(TraceFlags::SAMPLED),
        Some("0") => Some(TraceFlags::NOT_SAMPLED),
        _ => None,
    };
    match (parent.flatten().filter(|id| *id != SpanId::INVALID), flags) {
        (Some(id), Some(flags)) => {
            let context = SpanContext::new(trace, id, flags, true, TraceState::NONE);
            Some(Parent::Span(Context::new().with_remote_span_context(context)))
        }
        _ => Some(Parent::Trace(trace)),
    }
}

/// Converts the id of a trace as AWS X-Ray documents it: version 1, eight digits of time, 24 random ones. OpenTelemetry
/// writes the same 32 digits without the version and the hyphens.
fn trace_of_root(root: &str) -> Option<TraceId> {
    let (time, random) = root.strip_prefix("1-")?.split_once('-')?;
    let digits = format!("{}{}", hexadecimal(time, 8)?, hexadecimal(random, 24)?);
    TraceId::from_hex(&digits).ok().filter(|id| *id != TraceId::INVALID)
}

fn hexadecimal(text: &str, len: usize) -> Option<&str> {
    Some(text).filter(|text| text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn of_w3c(headers: &HeaderMap) -> Option<Parent> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &OnlyTheParent(headers));
    context.span().span_context().is_valid().then_some(Parent::Span(context.clone()))
}

/// Headers for the propagator. The state of a trace, `tracestate`, is not among them: it is any text, and spans pass it
/// on.
struct OnlyTheParent<'a>(&'a HeaderMap);

impl Extractor for OnlyTheParent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        if key != TRACE_PARENT {
            return None;
        }
        let text = self.0.get(TRACE_PARENT).and_then(|value| value.to_str().ok());
        text.filter(|text| text.len() >= TRACE_PARENT_LEN_MIN)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACE_PARENT]
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const ROOT: &str = "Root=1-67891233-abcdef012345678912345678";
    const TRACE: &str = "67891233abcdef012345678912345678";
    const W3C: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// Returns the trace of the parent, its span, and its decision.
    fn parent(pairs: &[(&'static str, &str)]) -> Option<(String, Option<(String, bool)>)> {
        let value = |text: &str| HeaderValue::from_str(text).expect("a value");
        let headers = pairs.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect();
        match Parent::of(&headers) {
            Parent::None => None,
            Parent::Trace(trace) => Some((trace.to_string(), None)),
            Parent::Span(context) => {
                let span = context.span().span_context().clone();
                assert!(span.is_remote() && span.trace_state() == &TraceState::NONE, "{span:?}");
                Some((span.trace_id().to_string(), Some((span.span_id().to_string(), span.is_sampled()))))
            }
        }
    }

    #[test]
    fn the_root_of_aws_is_the_trace_and_its_parent_counts_only_with_a_decision() {
        let trace = TRACE.to_owned();
        for rest in
            ["", ";Sampled=1", ";Parent=53995c3f42cd8ad8", ";Parent=53995c3f42cd8ad8;Sampled=?", ";Parent=x;Sampled=1"]
        {
            let header = format!("Self=1-67891234-12456789abcdef012345678;{ROOT}{rest};CalledFrom=app");
            assert_eq!(parent(&[(AMAZON_TRACE_ID, &header)]), Some((trace.clone(), None)), "{header}");
        }
        for (decision, is_sampled) in [("1", true), ("0", false)] {
            let header = format!("{ROOT};Parent=53995c3f42cd8ad8;Sampled={decision}");
            let expected = Some(("53995c3f42cd8ad8".to_owned(), is_sampled));
            assert_eq!(parent(&[(AMAZON_TRACE_ID, &header)]), Some((trace.clone(), expected)), "{header}");
        }
    }

    #[test]
    fn a_header_that_names_no_trace_begins_none() {
        for header in [
            "",
            "Root=",
            "Root=1-67891233",
            "Root=2-67891233-abcdef012345678912345678",
            "Root=1-67891233-abcdef01234567891234567",
            "Root=1-6789123+-abcdef012345678912345678",
            "Root=1-00000000-000000000000000000000000",
            "ana@example.com",
        ] {
            assert_eq!(parent(&[(AMAZON_TRACE_ID, header)]), None, "{header}");
        }
        for header in ["", "00-1-2-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert_eq!(parent(&[(TRACE_PARENT, header)]), None, "{header}");
        }
    }

    #[test]
    fn a_traceparent_is_the_parent_unless_aws_names_the_trace() {
        let span = Some(("00f067aa0ba902b7".to_owned(), true));
        let expected = Some(("4bf92f3577b34da6a3ce929d0e0e4736".to_owned(), span));
        assert_eq!(parent(&[(TRACE_PARENT, W3C), ("tracestate", "a=ana@example.com")]), expected);
        assert_eq!(parent(&[(TRACE_PARENT, W3C), (AMAZON_TRACE_ID, ROOT)]), Some((TRACE.to_owned(), None)));
        assert_eq!(parent(&[(TRACE_PARENT, W3C), (AMAZON_TRACE_ID, "Root=x")]), expected);
    }
}
