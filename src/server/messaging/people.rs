//! Finding people to write to.

use crate::server::messaging::conversations::new_message_id;

use crate::domain::conversation::Recipient;
use crate::domain::error::AppError;
use crate::domain::user::{self, Handle, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// The fewest characters that a search looks for: fewer would list everybody.
const QUERY_LEN_MIN: usize = 2;

/// People to write to.
pub async fn search(state: &AppState, me: &CurrentUser, query: &str) -> Result<Vec<User>, Failure> {
    let query = query.trim();
    let query = query.strip_prefix('@').unwrap_or(query);
    if query.chars().count() < QUERY_LEN_MIN {
        return Ok(Vec::new());
    }
    if query.chars().count() > user::DISPLAY_NAME_LEN_MAX || query.chars().any(char::is_control) {
        return Err(AppError::invalid("query", "Nobody has such a name.").into());
    }
    state.limits.check(Action::Search, Caller::User(me.user.id))?;
    state.store.users.search(query, me.user.id).await
}

/// The person with this handle, and the conversation that there already is with them.
pub async fn recipient(state: &AppState, me: &CurrentUser, handle: &str) -> Result<Recipient, Failure> {
    let with = other_person(state, me, handle).await?;
    let conversation = state.store.conversations.find_with(me.user.id, with.id).await?;
    Ok(Recipient { with, conversation, next_message: new_message_id() })
}

pub(super) async fn other_person(state: &AppState, me: &CurrentUser, handle: &str) -> Result<User, Failure> {
    // A text that is no handle is nobody's handle.
    let handle = Handle::parse(handle).map_err(|_| AppError::NotFound)?;
    let with = state.store.users.by_handle(&handle).await?.ok_or(AppError::NotFound)?;
    if with.id == me.user.id {
        return Err(AppError::Conflict("This is you. Choose somebody else to write to.".to_owned()).into());
    }
    Ok(with)
}
