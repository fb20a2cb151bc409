//! Blocks of users.

use crate::domain::block::BLOCKED_MAX;
use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::sending::run_to_completion;
use crate::server::state::AppState;

/// Blocks a user (`on`), or removes the block. The user themselves, and one who does not exist, are not found; the
/// block of a user who has been deleted since can be removed.
pub async fn set(state: &AppState, me: &CurrentUser, user: user::Id, on: bool) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Block, me.spender())?;
    let peer = state.store.users.by_ids(&[user]).await?.pop();
    if (on && peer.is_none()) || user == me.user.id {
        return Err(AppError::NotFound.into());
    }
    // The names of a user who is about to be deleted do not get into further rows.
    let is_leaving = on && state.store.users.is_leaving(user).await?;
    let peer = peer.filter(|_| !is_leaving).unwrap_or_else(|| User::deleted(user));
    let (state, myself) = (state.clone(), me.user.clone());
    run_to_completion(Box::pin(async move {
        let me = myself.id;
        let conversations = state.store.conversations.set_block(&myself, &peer, on).await?;
        state.hub.publish(&[me], &Event::BlockChanged { by: me, user, on });
        match on {
            true => {
                state.presence.part([me, user]);
                for conversation in conversations {
                    mark_all_read(&state, me, conversation).await?;
                }
            }
            // Strangers stay strangers, also after a block.
            false if conversations.is_empty() => {}
            // The other one may have blocked the user, too, and a request begins presence when it is accepted.
            false => {
                let conversations = &state.store.conversations;
                if !conversations.is_blocked(me, user).await? && !conversations.is_requested(me, user).await? {
                    state.presence.reunite([me, user]);
                    // Receipts are shown again.
                    state.hub.publish(&[user], &Event::Resync);
                }
            }
        }
        Ok(())
    }))
    .await
}

/// Returns the users whom this one has blocked, by name, at most [`BLOCKED_MAX`], with their names at the beginning of
/// the block. A placeholder stands for one who has been deleted since: the block can still be removed.
pub async fn list(state: &AppState, me: &CurrentUser) -> Result<Vec<User>, Failure> {
    let mut blocks = state.store.conversations.blocked_by(me.user.id).await?;
    blocks.truncate(BLOCKED_MAX);
    let ids: Vec<_> = blocks.iter().map(|block| block.peer).collect();
    let mut users = state.store.users.by_ids_or_deleted(&ids).await?;
    for (user, block) in users.iter_mut().zip(&blocks).filter(|(user, _)| !user.is_deleted()) {
        *user = block.peer_at_block().unwrap_or_else(|| user.clone());
    }
    users.sort_by_cached_key(|user| (user.is_deleted(), user.display_name.to_string().to_lowercase()));
    Ok(users)
}

/// Takes a conversation out of the user's unread count. No other member learns of it.
async fn mark_all_read(state: &AppState, me: user::Id, conversation: conversation::Id) -> Result<(), Failure> {
    let conversations = &state.store.conversations;
    let Some(membership) = conversations.membership(me, conversation).await? else { return Ok(()) };
    let seq = membership.newest_seq();
    let unmarked = conversations.mark_read(&membership, seq).await?;
    state.hub.publish(&[me], &Event::ConversationRead { conversation, reader: me, seq, unmarked });
    Ok(())
}
