//! Liveness and readiness checks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::server::cognito::health::{CASE_SENSITIVE, Problem};
use crate::server::http::build_files::MISSING_FILES;
use crate::server::http::store_checks::StoreAnswers;
use crate::server::state::AppState;
use crate::server::store::usability::Usability;

/// Availability of each dependency, and misconfigurations that make one unusable. `docs/operations.md` lists these.
#[derive(Debug, Serialize)]
pub struct Readiness {
    /// True if the server is shutting down, so that it must get no further requests.
    #[serde(skip_serializing_if = "is_false")]
    shutting_down: bool,
    postgres: bool,
    dynamodb: bool,
    cognito: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<&'static str>,
    /// Settings that are a burden to users, but make nothing unusable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// Liveness check: always 200. Reads nothing, and calls nothing.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Readiness check: 200 if every dependency is available, and 503 if not or if the server is shutting down; the body
/// lists each of them. The databases are asked every few seconds at most, however often the check is called. Cognito is
/// not asked: it is ready if its key set is in memory and the checks of its configuration, which run by themselves,
/// have found no problem.
pub async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let StoreAnswers { postgres, dynamodb } = state.store_checks.answers(&state.store).await;
    let health = state.cognito.health();
    let of_files = state.files.are_missing.then_some(MISSING_FILES);
    let of_pool = health.problem().map(Problem::as_str);
    let problems = [postgres.problem(), dynamodb.problem(), of_pool, of_files].into_iter().flatten().collect();
    let notices = health.case_sensitive().filter(|is_case_sensitive| *is_case_sensitive).map(|_| CASE_SENSITIVE);
    let readiness = Readiness {
        shutting_down: state.closing.is_cancelled(),
        postgres: postgres == Usability::Usable,
        dynamodb: dynamodb == Usability::Usable,
        cognito: state.cognito.is_ready(),
        problems,
        notices: notices.into_iter().collect(),
    };
    let is_available = readiness.postgres && readiness.dynamodb && readiness.cognito;
    let is_ready = is_available && !readiness.shutting_down && of_files.is_none();
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}

/// Omits what is almost never true from the answer.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
