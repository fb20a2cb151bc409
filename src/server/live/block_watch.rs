//! Presence of users with a block ends, even if the event about the block is lost.

use std::time::Duration;

use crate::server::state::AppState;

/// Interval of the check. It costs one read unit per connected user.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Checks regularly until the server shuts down.
pub async fn part_blocked_regularly(state: AppState) {
    let mut ticks = tokio::time::interval(CHECK_INTERVAL);
    while state.closing.run_until_cancelled(ticks.tick()).await.is_some() {
        part_blocked(&state).await;
    }
}

/// Parts the users who are connected to this server from those with whom they have a block.
pub async fn part_blocked(state: &AppState) {
    for user in state.presence.connected() {
        match state.store.conversations.blocked_peers(user).await {
            Ok(peers) => peers.into_iter().for_each(|peer| state.presence.part([user, peer])),
            // Only logged: the next check follows.
            Err(failure) => drop(failure.into_public()),
        }
    }
}
