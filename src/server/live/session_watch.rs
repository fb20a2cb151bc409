//! Streams end with their sessions.

use std::collections::HashSet;
use std::time::Duration;

use crate::server::state::AppState;
use crate::server::store::postgres::sessions;

/// How often it is asked whose session has ended: a stream is closed within this, and the time that the question takes.
const SESSIONS_INTERVAL: Duration = Duration::from_secs(3);

/// Closes the streams of sessions that have ended, on whichever server, until this one is to stop. One query for all.
/// While PostgreSQL is away nobody can sign out, and nothing is closed.
pub async fn close_with_sessions(state: AppState) {
    let mut ticks = tokio::time::interval(SESSIONS_INTERVAL);
    while state.closing.run_until_cancelled(ticks.tick()).await.is_some() {
        let open: Vec<_> = state.hub.sessions().into_iter().collect();
        if open.is_empty() {
            continue;
        }
        match state.store.sessions.alive(&open).await {
            Ok(alive) => {
                let over: HashSet<sessions::Id> = open.into_iter().filter(|id| !alive.contains(id)).collect();
                state.hub.close(&over);
            }
            Err(failure) => drop(failure.into_answer()),
        }
    }
}
