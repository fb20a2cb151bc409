//! `GET /metrics` on an address of its own, which only the monitoring can reach, and the measurement of requests.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Context;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::server::http::store_checks::StoreAnswers;
use crate::server::state::AppState;
use crate::server::store::usability::Usability;

/// Media type of OpenMetrics, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves the metrics at this address until the server has shut down.
pub async fn serve_metrics(address: SocketAddr, state: AppState) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("METRICS_ADDRESS: listen on {address}"))?;
    tracing::info!("metrics on http://{address}/metrics");
    let closed = state.closed.clone();
    let router = Router::new().route("/metrics", get(metrics)).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(closed.cancelled_owned()).await });
    Ok(())
}

/// Returns all metrics. The readiness check is among them, so that an outage shows although no request fails.
async fn metrics(State(state): State<AppState>) -> Response {
    let StoreAnswers { postgres, dynamodb } = state.store_checks.answers(&state.store).await;
    let [postgres, dynamodb] = [postgres, dynamodb].map(|store| store == Usability::Usable);
    for (name, is_available) in [("postgres", postgres), ("dynamodb", dynamodb), ("cognito", state.cognito.is_ready())]
    {
        state.metrics.dependencies.set(name, is_available);
    }
    match state.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts and times a request.
pub async fn measure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    state.metrics.requests.count(&method, route, response.status().as_u16(), began.elapsed());
    response
}
