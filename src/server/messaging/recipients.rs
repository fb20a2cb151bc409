//! Finding users to write to.

use crate::domain::conversation::Recipient;
use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::user::{self, Handle, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::new_message_id;
use crate::server::state::AppState;

/// Minimum length of a search in characters. Shorter ones would match a large part of all users.
const QUERY_LEN_MIN: usize = 2;

/// Searches for users by handle or name.
pub async fn search_users(state: &AppState, me: &CurrentUser, query: &str) -> Result<Vec<User>, Failure> {
    let query = query.trim();
    let query = query.strip_prefix('@').unwrap_or(query);
    if query.chars().count() < QUERY_LEN_MIN {
        return Ok(Vec::new());
    }
    if query.chars().count() > user::DISPLAY_NAME_LEN_MAX || query.chars().any(char::is_control) {
        return Err(AppError::invalid("query", FieldCode::SearchInvalid).into());
    }
    state.rate_limits.check_shared(&state.store, Action::Search, &Caller::User(me.user.id)).await?;
    // The many searches of one user wait for each other, and not those of other users for them.
    let _turn = state.rate_limits.turn(&Caller::User(me.user.id)).await;
    state.store.users.search(query, me.user.id).await
}

/// Returns the user with this handle, and the direct conversation with them, if there is one.
pub async fn find_recipient(state: &AppState, me: &CurrentUser, handle: &str) -> Result<Recipient, Failure> {
    let with = recipient_by_handle(state, me, handle).await?;
    let conversation = state.store.conversations.find_direct(me.user.id, with.id).await?;
    Ok(Recipient { with, conversation, next_message: new_message_id() })
}

pub(super) async fn recipient_by_handle(state: &AppState, me: &CurrentUser, handle: &str) -> Result<User, Failure> {
    // No user has an invalid handle.
    let handle = Handle::parse(handle).map_err(|_| AppError::NotFound)?;
    let with = state.store.users.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
    if with.id == me.user.id {
        return Err(AppError::Conflict(Conflict::MessageToSelf).into());
    }
    Ok(with)
}
