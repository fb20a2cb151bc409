//! Sending messages.

use tracing::Instrument;

use crate::domain::conversation::{self, Kind};
use crate::domain::error::{AppError, Conflict};
use crate::domain::event::Event;
use crate::domain::message::{self, Body, Message};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::membership;
use crate::server::messaging::recipients::recipient_by_handle;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;

/// Sends a message into a conversation of the user.
pub async fn send_message(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    id: message::Id,
    body: &Body,
) -> Result<Message, Failure> {
    state.rate_limits.check(Action::Send, Caller::User(me.user.id))?;
    let membership = membership(state, me, conversation).await?;
    reject_deleted_peer(state, &membership).await?;
    let access = state.store.conversations.write_access(membership).await?;
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    run_to_completion(async move {
        let message = state.store.messages.append(&access, &me, id, &body).await?;
        publish_message(&state, conversation, access.membership().members().ids(), message.clone());
        Ok(message)
    })
    .await
}

/// Rejects a message that no user could read. One query for a direct conversation.
async fn reject_deleted_peer(state: &AppState, membership: &Membership) -> Result<(), Failure> {
    let others = membership.others();
    let has_peer = membership.kind() == Kind::Direct && !others.is_empty();
    if has_peer && state.store.users.by_ids(&others).await?.is_empty() {
        return Err(AppError::Conflict(Conflict::RecipientDeleted).into());
    }
    Ok(())
}

/// Sends a message to the user with this handle. Starts the direct conversation if there is none.
pub async fn start_conversation(
    state: &AppState,
    me: &CurrentUser,
    handle: &str,
    id: message::Id,
    body: &Body,
) -> Result<conversation::Id, Failure> {
    state.rate_limits.check(Action::Send, Caller::User(me.user.id))?;
    let recipient = recipient_by_handle(state, me, handle).await?;
    Ok(start_or_append(state, me, recipient, id, body).await?.0)
}

/// Like [`start_conversation`], by the id of the recipient.
pub async fn send_first_message(
    state: &AppState,
    me: &CurrentUser,
    to: user::Id,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    state.rate_limits.check(Action::Send, Caller::User(me.user.id))?;
    let recipient = state.store.users.by_ids(&[to]).await?.pop().ok_or(AppError::NotFound)?;
    start_or_append(state, me, recipient, id, body).await
}

async fn start_or_append(
    state: &AppState,
    me: &CurrentUser,
    recipient: User,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    let access = state.store.conversations.direct_access(&me.user, &recipient).await?;
    let (state, body) = (state.clone(), body.clone());
    run_to_completion(async move {
        let (conversation, message) = state.store.conversations.start(&access, id, &body).await?;
        publish_message(&state, conversation, &[access.me().id, access.peer().id], message.clone());
        Ok((conversation, message))
    })
    .await
}

/// Runs `work` in its own task. A disconnect of the client cancels the request, but a stored message must be published.
async fn run_to_completion<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work.in_current_span()).await.map_err(|error| Failure::Unexpected(error.into()))?
}

/// Publishes a message. Must be called after the message is stored.
pub fn publish_message(state: &AppState, conversation: conversation::Id, members: &[user::Id], message: Message) {
    state.presence.add_peers(members);
    state.hub.publish(members, &Event::MessageSent { conversation, message });
}
