//! Typing indicator and presence.

use crate::domain::conversation::{self, Kind};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::field_error::FieldCode;
use crate::domain::presence::{LastSeen, PRESENCE_QUERY_MAX};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::{both_ways, membership};
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::table::SortTime;

/// Notifies the other members that the user is typing, unless there is a block or the conversation is a
/// request. Demands a membership.
pub async fn typing(state: &AppState, me: &CurrentUser, conversation: conversation::Id) -> Result<(), Failure> {
    state.rate_limits.spend(Action::Typing, me.spender())?;
    let membership = membership(state, me, conversation).await?;
    if membership.is_open() {
        state.hub.publish(&membership.others(), &Event::Typing { conversation, author: me.user.id });
    }
    Ok(())
}

/// Returns when the other member of a direct conversation was last online, if they show their presence to the user. A
/// block has no effect in a group, so there it would pass.
pub async fn last_seen(state: &AppState, membership: &Membership) -> Result<Vec<LastSeen>, Failure> {
    if membership.kind() != Kind::Direct || !membership.is_open() {
        return Ok(Vec::new());
    }
    let showing = state.store.users.showing_presence(membership.members().ids()).await?;
    let showing = both_ways(membership.me(), showing, |(user, _)| *user);
    let last_seen = |(user, at): (_, Option<_>)| Some(LastSeen { user, at: SortTime::from(at?).sent_at() });
    Ok(showing.into_iter().filter_map(last_seen).collect())
}

/// Subscribes the user's event streams to the presence of the other members of these conversations. Conversations
/// without a membership are ignored.
pub async fn watch_presence(
    state: &AppState,
    me: &CurrentUser,
    conversations: &[conversation::Id],
) -> Result<(), Failure> {
    if conversations.len() > PRESENCE_QUERY_MAX {
        return Err(AppError::invalid("conversations", FieldCode::TooManyConversations).into());
    }
    state.rate_limits.spend(Action::WatchPresence, me.spender())?;
    let peers = state.store.conversations.peers_in(me.user.id, conversations).await?;
    state.presence.subscribe(me.user.id, &peers);
    Ok(())
}
