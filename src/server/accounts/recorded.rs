//! Record of account actions in the audit log.

use axum::http::request::Parts;

use crate::domain::error::AppError;
use crate::domain::user;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::origin::origin;
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Records an action of a user. `None` if it is not known who acts.
pub(super) fn record(state: &AppState, parts: &Parts, (event, outcome): (Event, Outcome), user: Option<user::Id>) {
    state.audit.record(Entry::new(event, outcome, origin(&parts.extensions, &parts.headers)).of(user));
}

/// Records an attempt of a caller who is not signed in, unless a rate limit has denied it: that is recorded by itself.
/// The entry names the user whose address it is, if there is one. Costs a query.
pub(super) async fn record_attempt<T>(
    state: &AppState,
    parts: &Parts,
    event: Event,
    (email, result): (&str, &Result<T, Failure>),
) {
    if !is_denied_by_limit(result) {
        // Without PostgreSQL, the entry names no user.
        let user = state.store.users.by_email(email).await.ok().flatten();
        record(state, parts, (event, Outcome::of(result)), user.map(|user| user.id));
    }
}

/// Records a change of an account by its user, unless a rate limit has denied it.
pub(super) fn record_change<T>(state: &AppState, me: &CurrentUser, event: Event, result: &Result<T, Failure>) {
    if !is_denied_by_limit(result) {
        state.audit.record(Entry::new(event, Outcome::of(result), me.origin.clone()).of(me.user.id));
    }
}

fn is_denied_by_limit<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Public(AppError::RateLimited { .. })))
}
