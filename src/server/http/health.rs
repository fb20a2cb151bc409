//! Liveness and readiness checks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::server::cognito::health::{CASE_SENSITIVE, Problem};
use crate::server::state::AppState;

/// Availability of each dependency, and misconfigurations that make one unusable. `docs/operations.md` lists these.
#[derive(Debug, Serialize)]
pub struct Readiness {
    postgres: bool,
    dynamodb: bool,
    cognito: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<&'static str>,
    /// Settings that are a burden to users, but make nothing unusable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// Liveness check: always 200.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Readiness check: 200 if every dependency is available, else 503; the body lists each of them. Costs one query and
/// one read of a missing item (0.5 RCU), but no call to Cognito: it is ready if its key set is in memory and the checks
/// of its configuration, which run by themselves, have found no problem.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let (postgres, dynamodb) = tokio::join!(state.store.postgres_answers(), state.store.dynamodb_answers());
    let health = state.cognito.health();
    let problems = state.store.postgres_problem().into_iter().chain(health.problem().map(Problem::as_str)).collect();
    let notices = health.case_sensitive().filter(|is_case_sensitive| *is_case_sensitive).map(|_| CASE_SENSITIVE);
    let readiness = Readiness {
        postgres,
        dynamodb,
        cognito: state.cognito.is_ready(),
        problems,
        notices: notices.into_iter().collect(),
    };
    let all = readiness.postgres && readiness.dynamodb && readiness.cognito;
    (if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}
