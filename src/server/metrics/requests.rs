//! Requests to the web server, by route.

use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::server::metrics::durations::{Durations, durations};

/// Methods with a label of their own: a client may send any other word.
static METHODS: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];

/// Returns the method if it is a known one.
pub fn known_method(method: &Method) -> Option<&'static str> {
    METHODS.iter().find(|known| *known == method).map(Method::as_str)
}

/// Route of a request that matches none. Paths have no label of their own: their number is unlimited.
const NO_ROUTE: &str = "none";

/// Counters of requests. Cloning copies handles.
#[derive(Clone)]
pub struct Requests {
    requests: Family<RequestLabels, Counter>,
    durations: Durations<RouteLabels>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self { requests: Family::default(), durations: durations() }
    }
}

impl Requests {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests by method, route and status", self.requests.clone());
        let help = "Time until the head of the response, by route";
        registry.register("http_request_duration_seconds", help, self.durations.clone());
    }

    /// Counts an answered request. `route` is the matched pattern, such as `/messages/{id}`.
    pub fn count(&self, method: &Method, route: Option<&str>, status: u16, duration: Duration) {
        let method = known_method(method).unwrap_or("other");
        let route = route.unwrap_or(NO_ROUTE);
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status }).inc();
        self.durations.get_or_create(&RouteLabels { route: route.to_owned() }).observe(duration.as_secs_f64());
    }
}
