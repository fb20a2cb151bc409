//! Collectors of traces: one that keeps the spans that it receives, and one that never answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::wait_until::wait_until;

/// Span, as a collector has received it. Ids are hexadecimal.
#[derive(Debug, Clone)]
pub struct ReceivedSpan {
    pub service: String,
    pub trace: String,
    pub id: String,
    /// Empty if it has none.
    pub parent: String,
    pub name: String,
    pub is_server: bool,
    pub is_error: bool,
    pub attributes: BTreeMap<String, String>,
}

/// Collector that keeps the spans that it receives.
#[derive(Clone)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    spans: Vec<ReceivedSpan>,
    /// All bodies, which contain every text of a span as it is.
    bodies: Vec<u8>,
    headers: Option<HeaderMap>,
}

impl Collector {
    /// Starts a collector on a free port.
    pub async fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts a collector at this address.
    pub async fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let collector = Self { address, received: Arc::default() };
        let router = Router::new().route("/v1/traces", post(receive)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        collector
    }

    /// Returns the URL for the configuration of a server.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns all spans received so far.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.received.lock().expect("not poisoned").spans.clone()
    }

    /// Returns the first span that meets a condition, once it has been received.
    pub async fn wait_for(&self, what: &str, is_meant: impl Fn(&ReceivedSpan) -> bool) -> ReceivedSpan {
        wait_until(what, async || self.spans().iter().any(&is_meant)).await;
        self.spans().into_iter().find(is_meant).expect("it has been received")
    }

    /// Returns everything received so far, as a text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.received.lock().expect("not poisoned").bodies).into_owned()
    }

    /// Returns a header of the last delivery.
    pub fn header(&self, name: &str) -> Option<String> {
        let received = self.received.lock().expect("not poisoned");
        Some(received.headers.as_ref()?.get(name)?.to_str().expect("text").to_owned())
    }
}

async fn receive(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> Vec<u8> {
    let request = ExportTraceServiceRequest::decode(&*body).expect("OTLP");
    let mut received = collector.received.lock().expect("not poisoned");
    for of_resource in request.resource_spans {
        let resource = attributes(of_resource.resource.expect("a resource").attributes);
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            received.spans.push(ReceivedSpan {
                service: resource["service.name"].clone(),
                trace: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
                is_server: span.kind() == SpanKind::Server,
                is_error: span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error),
                attributes: attributes(span.attributes),
                name: span.name,
            });
        }
    }
    received.bodies.extend_from_slice(&body);
    received.headers = Some(headers);
    ExportTraceServiceResponse::default().encode_to_vec()
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    pairs.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn hexadecimal(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Collector that accepts connections, and neither reads nor answers.
pub struct HangingCollector {
    address: SocketAddr,
    connections: watch::Receiver<usize>,
}

impl HangingCollector {
    /// Starts a collector on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (count, connections) = watch::channel(0);
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                open.push(connection);
                count.send_replace(open.len());
            }
        });
        Self { address, connections }
    }

    /// Returns the URL for the configuration of a server.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until a server has connected.
    pub async fn wait_for_connection(&self) {
        self.connections.clone().wait_for(|count| *count > 0).await.expect("it runs");
    }
}
