//! Record of account actions in the audit log.

use axum::http::request::Parts;

use crate::domain::user;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::http::origin::origin;
use crate::server::state::AppState;

/// Records an action of a user. `None` if it is not known who acts.
pub(super) fn record(state: &AppState, parts: &Parts, (event, outcome): (Event, Outcome), user: Option<user::Id>) {
    state.audit.record(Entry::new(event, outcome, origin(&parts.extensions, &parts.headers)).of(user));
}
