//! Message requests: a conversation that another user has started stays quiet until the user accepts it.

use crate::domain::conversation::{self, Conversation};
use crate::domain::event::Event;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::membership;
use crate::server::messaging::sending::run_to_completion;
use crate::server::state::AppState;

/// Returns the requests that the user has received, the one with the newest message first.
pub async fn list(state: &AppState, me: &CurrentUser) -> Result<Vec<Conversation>, Failure> {
    state.store.conversations.requests(me.user.id).await
}

/// Returns the number of requests that the user has received.
pub async fn count(state: &AppState, me: &CurrentUser) -> Result<u64, Failure> {
    state.store.conversations.count_requests(me.user.id).await
}

/// Accepts a request. A repeated call changes nothing. Not found for its sender.
pub async fn accept(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Mark, me.spender())?;
    let request = membership(state, me, conversation).await?;
    let state = state.clone();
    run_to_completion(Box::pin(async move {
        if state.store.conversations.accept_request(&request).await? {
            let members = request.members().ids();
            if !request.is_blocked() {
                let pair = request.others().into_iter().map(|peer| [request.me(), peer]);
                pair.for_each(|pair| state.presence.reunite(pair));
            }
            // The list of the recipient has got a conversation, and receipts, typing and presence begin for both.
            state.hub.publish(members, &Event::Resync);
        }
        Ok(())
    }))
    .await
}

/// Deletes a request from the user's list. Its sender does not learn of it. Not found for its sender.
pub async fn delete(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Mark, me.spender())?;
    let request = membership(state, me, conversation).await?;
    if state.store.conversations.delete_request(&request).await? {
        state.hub.publish(&[me.user.id], &Event::Resync);
    }
    Ok(())
}
