//! Record of account actions in the audit log.

use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::origin::origin;
use crate::server::state::AppState;

/// Records an action of a user. `None` if it is not known who acts.
pub(super) fn record(state: &AppState, parts: &Parts, (event, outcome): (Event, Outcome), user: Option<user::Id>) {
    state.audit.record(Entry::new(event, outcome, origin(&parts.extensions, &parts.headers)).of(user));
}

/// Records an attempt of a caller who is not signed in, unless a rate limit has denied it: that is recorded by itself.
pub(super) fn record_attempt<T>(state: &AppState, parts: &Parts, event: Event, result: &Result<T, Failure>) {
    if !matches!(result, Err(Failure::Public(AppError::RateLimited { .. }))) {
        record(state, parts, (event, Outcome::of(result)), None);
    }
}
