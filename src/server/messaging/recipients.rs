//! Finding users to write to.

use crate::domain::conversation::{Conversation, Recipient};
use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::page::Page;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller, Spender};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::new_message_id;
use crate::server::state::AppState;

/// Searches for users by handle or name, without those who have blocked the user.
pub async fn search_users(state: &AppState, me: &CurrentUser, query: &str) -> Result<Vec<User>, Failure> {
    if !user::is_long_enough_search(query) {
        return Ok(Vec::new());
    }
    let query = words(query)?;
    count_search(state, me).await?;
    // The many searches of one user wait for each other, and not those of other users for them.
    let _turn = state.rate_limits.turn(&Caller::User(me.user.id)).await;
    let blockers = state.store.conversations.blockers(me.user.id).await?;
    state.store.users.search(query, me.user.id, &blockers).await
}

/// Searches the user's conversations by the handles and names of their other members.
pub async fn find_conversations(
    state: &AppState,
    me: &CurrentUser,
    query: &str,
) -> Result<Page<Conversation>, Failure> {
    let query = words(query)?;
    count_search(state, me).await?;
    let _turn = state.rate_limits.turn(&Caller::User(me.user.id)).await;
    state.store.conversations.search(me.user.id, query).await
}

/// Counts a search in the quota of the user, and in the budget of their address.
async fn count_search(state: &AppState, me: &CurrentUser) -> Result<(), AppError> {
    state.rate_limits.check_shared(&state.store, Action::Search, &Caller::User(me.user.id)).await?;
    state.rate_limits.spend(Action::Search, Spender { user: None, ..me.spender() })
}

/// Returns the words of a search, without an at sign.
fn words(query: &str) -> Result<&str, AppError> {
    let query = user::without_at_sign(query);
    // White space that is pasted with a name separates words.
    let is_control = |c: char| c.is_control() && !c.is_whitespace();
    let is_valid = query.chars().count() <= user::DISPLAY_NAME_LEN_MAX && !query.chars().any(is_control);
    if is_valid { Ok(query) } else { Err(AppError::invalid("query", FieldCode::SearchInvalid)) }
}

/// Returns the user with this id, or else with this handle, and the direct conversation with them, if there is one. A
/// user who has requested their deletion is found only by those who have one.
pub async fn find_recipient(
    state: &AppState,
    me: &CurrentUser,
    handle: &str,
    id: Option<user::Id>,
) -> Result<Recipient, Failure> {
    let with = match id {
        Some(id) => other_than(me, state.store.users.by_ids(&[id]).await?.pop())?,
        None => {
            // A handle can be guessed, unlike an id, so looking one up counts as a search.
            count_search(state, me).await?;
            recipient_by_handle(state, me, handle).await?
        }
    };
    let conversations = &state.store.conversations;
    let conversation = conversations.find_direct(me.user.id, with.id).await?;
    if conversation.is_none() && state.store.users.is_leaving(with.id).await? {
        return Err(AppError::NotFound.into());
    }
    let is_blocked = conversation.is_none() && conversations.has_blocked(me.user.id, with.id).await?;
    Ok(Recipient { with, conversation, next_message: new_message_id(), is_blocked })
}

pub(super) async fn recipient_by_handle(state: &AppState, me: &CurrentUser, handle: &str) -> Result<User, Failure> {
    other_than(me, state.store.users.by_written_handle(handle).await?)
}

fn other_than(me: &CurrentUser, found: Option<User>) -> Result<User, Failure> {
    match found {
        Some(with) if with.id == me.user.id => Err(AppError::Conflict(Conflict::MessageToSelf).into()),
        Some(with) => Ok(with),
        None => Err(AppError::NotFound.into()),
    }
}
