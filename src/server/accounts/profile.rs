//! The user's own name and handle.

use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::field_error::FieldCode;
use crate::domain::user::{Handle, InvalidHandle, User};
use crate::server::accounts::input::{self, FormErrors};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::reserved_words::choose_handle;
use crate::server::state::AppState;

/// Maximum number of former handles that are reserved for a user, as in `sql/migrations/0015_reserved_handles.sql`.
/// With as many, the user can only go back to one of them, so that no user keeps many handles from others.
const RESERVED_HANDLES_MAX: usize = 5;

/// Returns the user's profile as it is stored.
pub async fn load(state: &AppState, me: &CurrentUser) -> Result<User, Failure> {
    state.store.users.own_profile(me.user.id).await?.ok_or_else(|| AppError::NotFound.into())
}

/// Gives the user another name and handle, as far as they are given. Every server shows them from now on, and the open
/// pages of those with whom the user has the newest conversations load their lists again. Only the old app shows the
/// former name in old rows.
pub async fn save(state: &AppState, me: &CurrentUser, name: Option<&str>, handle: Option<&str>) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Account, me.spender())?;
    let own = load(state, me).await?;
    let mut errors = FormErrors::default();
    let name = match name {
        Some(name) => errors.check("name", input::name(name)),
        None => Some(own.display_name.clone()),
    };
    let handle = errors.check("handle", wanted_handle(&own, handle.unwrap_or(own.handle_text())));
    let (Some(name), Some(handle)) = (name, handle) else { return Err(errors.into_error().into()) };
    if own.display_name == name && own.handle_text() == handle.as_str() {
        return Ok(());
    }
    if !own.handle_text().eq_ignore_ascii_case(handle.as_str())
        && state.store.users.reserved_handles(own.id, &handle).await? >= RESERVED_HANDLES_MAX
    {
        return Err(AppError::invalid("handle", FieldCode::HandleChangedTooOften).into());
    }
    // Counted over all servers, and only if something is to change: a mistake costs nothing.
    state.rate_limits.check_shared(&state.store, Action::Rename, &Caller::User(own.id)).await?;
    if !state.store.users.set_profile(own.id, &handle, &name).await? {
        return Err(AppError::invalid("handle", FieldCode::HandleTaken).into());
    }
    // A failure is only logged: the name is saved, and the pages show it when they load their lists again.
    let peers = state.store.conversations.recent_peers(own.id).await.map_err(Failure::into_public).unwrap_or_default();
    state.hub.publish(&[peers, vec![own.id]].concat(), &Event::Resync);
    Ok(())
}

/// Parses the handle in the form. An unchanged one is kept, although the old app may have allowed what is no valid
/// handle.
fn wanted_handle(own: &User, written: &str) -> Result<Handle, InvalidHandle> {
    match &own.handle {
        Some(current) if current.as_str() == written => Ok(current.clone()),
        _ => choose_handle(written),
    }
}
