//! Whether the server is alive, and whether it can do its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::server::state::AppState;

/// What each part says.
#[derive(Debug, Serialize)]
pub struct Readiness {
    postgres: bool,
    dynamodb: bool,
    cognito: bool,
}

/// Alive: 200 as long as requests are answered at all.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Ready: 200 when every part answers, else 503; the body says which one does not. Costs one query, one read of an item
/// that is not there (0.5 RCU) and no call to Cognito: its key set is in memory or it is not.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let (postgres, dynamodb) = tokio::join!(state.store.postgres_answers(), state.store.dynamodb_answers());
    let readiness = Readiness { postgres, dynamodb, cognito: state.cognito.is_ready() };
    let all = readiness.postgres && readiness.dynamodb && readiness.cognito;
    (if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
