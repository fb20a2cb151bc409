//! Closing of event streams whose session has ended.

use std::collections::HashSet;
use std::time::Duration;

use crate::server::state::AppState;
use crate::server::store::postgres::sessions;

/// Interval of the session check. A stream is closed within this time, plus that of the query, after its session.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// Closes the streams of sessions that have ended on any server, until this server shuts down. One query per check.
/// While PostgreSQL is unavailable no stream is closed; no user can sign out then, either.
pub async fn close_with_sessions(state: AppState) {
    let mut ticks = tokio::time::interval(CHECK_INTERVAL);
    while state.closed.run_until_cancelled(ticks.tick()).await.is_some() {
        state.hub.forget_departed();
        let open: Vec<_> = state.hub.sessions().into_iter().collect();
        if open.is_empty() {
            continue;
        }
        match state.store.sessions.active(&open).await {
            Ok(active) => {
                let ended: HashSet<sessions::Id> = open.into_iter().filter(|id| !active.contains(id)).collect();
                state.hub.close(&ended);
            }
            // Logs the cause.
            Err(failure) => drop(failure.into_public()),
        }
    }
}
