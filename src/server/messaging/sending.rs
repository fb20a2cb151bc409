//! Sending messages.

use crate::server::messaging::conversations::membership;
use crate::server::messaging::people::other_person;
use tracing::Instrument;

use crate::domain::conversation::{self};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::message::{self, Body, Message};
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::state::AppState;

/// Sends a message into a conversation of theirs.
pub async fn send(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    id: message::Id,
    body: &Body,
) -> Result<Message, Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let membership = membership(state, me, conversation).await?;
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    to_the_end(async move {
        let message = state.store.messages.append(&membership, &me, id, &body).await?;
        tell_of_message(&state, conversation, [me.id, membership.other()], message.clone());
        Ok(message)
    })
    .await
}

/// Sends the person with this handle a first message, or one more where the two already talk.
pub async fn start(
    state: &AppState,
    me: &CurrentUser,
    handle: &str,
    id: message::Id,
    body: &Body,
) -> Result<conversation::Id, Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let with = other_person(state, me, handle).await?;
    Ok(begin(state, me, with, id, body).await?.0)
}

/// The same to the person with this id.
pub async fn send_first(
    state: &AppState,
    me: &CurrentUser,
    to: user::Id,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    state.limits.check(Action::Send, Caller::User(me.user.id))?;
    let with = state.store.users.by_ids(&[to]).await?.pop().ok_or(AppError::NotFound)?;
    begin(state, me, with, id, body).await
}

async fn begin(
    state: &AppState,
    me: &CurrentUser,
    with: User,
    id: message::Id,
    body: &Body,
) -> Result<(conversation::Id, Message), Failure> {
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    to_the_end(async move {
        let (conversation, message) = state.store.conversations.start(&me, &with, id, &body).await?;
        tell_of_message(&state, conversation, [me.id, with.id], message.clone());
        Ok((conversation, message))
    })
    .await
}

/// Goes on when nobody waits any more: a browser that has gone away takes its request with it, and what is stored must be
/// told.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work.in_current_span()).await.map_err(|error| Failure::Unexpected(error.into()))?
}

/// To be called once a message is stored.
fn tell_of_message(state: &AppState, conversation: conversation::Id, members: [user::Id; 2], message: Message) {
    let [one, other] = members;
    state.presence.introduce(one, other);
    state.hub.publish(&members, &Event::MessageSent { conversation, message });
}
