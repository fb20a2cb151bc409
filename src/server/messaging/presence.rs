//! Typing and presence.

use crate::server::messaging::conversations::membership;

use crate::domain::conversation::{self, LOOKED_FOR_MAX};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// That somebody is writing. Nobody is told who has not the right to read it.
pub async fn typing(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    state.limits.check(Action::Typing, Caller::User(me.user.id))?;
    let membership = membership(state, me, conversation).await?;
    state.hub.publish(&[membership.other()], &Event::Typing { conversation, author: me.user.id });
    Ok(())
}

/// Has the person's pages told who is there of these conversations, now and for some time. Nobody is told of others than
/// those with whom they have one.
pub async fn look_for(state: &AppState, me: &CurrentUser, conversations: &[conversation::Id]) -> Result<(), Failure> {
    if conversations.len() > LOOKED_FOR_MAX {
        return Err(AppError::invalid("conversations", "These are too many at once.").into());
    }
    state.limits.check(Action::Look, Caller::User(me.user.id))?;
    let people = state.store.conversations.others(me.user.id, conversations).await?;
    state.presence.look(me.user.id, &people);
    Ok(())
}
