//! Sending messages.

use futures::future::BoxFuture;
use tracing::Instrument;

use crate::domain::conversation::{self, Kind, SentMessage};
use crate::domain::error::{AppError, Conflict};
use crate::domain::event::Event;
use crate::domain::message::{self, Body, MessageRef};
use crate::domain::request::Request;
use crate::domain::user::{self, User};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::membership::{membership, membership_with_message};
use crate::server::messaging::recipients::recipient_by_handle;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::dynamodb::write_access::DirectAccess;

/// Sends a message into a conversation of the user.
pub async fn send_message(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    id: message::Id,
    body: &Body,
    reply_to: Option<&MessageRef>,
) -> Result<SentMessage, Failure> {
    state.rate_limits.spend(Action::Send, me.spender())?;
    let (membership, answered) = match reply_to {
        None => (membership(state, me, conversation).await?, None),
        Some(reference) => {
            let (membership, answered) = membership_with_message(state, me, conversation, reference).await?;
            (membership, Some(answered))
        }
    };
    reject_deleted_peer(state, &membership).await?;
    let takes_requests = takes_requests(state, &membership).await?;
    let access = state.store.conversations.write_access(membership).await?.taken(takes_requests);
    let (state, me, body) = (state.clone(), me.user.clone(), body.clone());
    run_to_completion(Box::pin(async move {
        let message = state.store.messages.append(&access, &me, id, &body, answered).await?;
        let membership = access.membership();
        let sent = SentMessage { conversation, message, rev: membership.rev() };
        match membership.request() {
            None => publish_message(&state, &membership.audience(), &sent),
            Some(_) => publish_in_request(&state, me.id, &sent).await,
        }
        Ok(sent)
    }))
    .await
}

/// Rejects a message that no user could read. A remembered peer costs no query, and an absent one is never remembered:
/// PostgreSQL itself decides a rejection.
async fn reject_deleted_peer(state: &AppState, membership: &Membership) -> Result<(), Failure> {
    let others = membership.others();
    let has_peer = membership.kind() == Kind::Direct && !others.is_empty();
    if has_peer && state.store.users.by_ids(&others).await?.is_empty() {
        return Err(AppError::Conflict(Conflict::Undeliverable).into());
    }
    Ok(())
}

/// Reports whether the recipient of the user's request takes requests. No query for another conversation.
async fn takes_requests(state: &AppState, membership: &Membership) -> Result<bool, Failure> {
    match (membership.request(), membership.others().first()) {
        (Some(Request::Sent { .. }), Some(recipient)) => {
            Ok(state.store.users.starters(*recipient).await?.takes_requests())
        }
        _ => Ok(true),
    }
}

/// Sends a message to the user with this handle. Starts the direct conversation if there is none.
pub async fn start_conversation(
    state: &AppState,
    me: &CurrentUser,
    handle: &str,
    id: message::Id,
    body: &Body,
) -> Result<conversation::Id, Failure> {
    state.rate_limits.spend(Action::Send, me.spender())?;
    let recipient = recipient_by_handle(state, me, handle).await?;
    Ok(start_or_append(state, me, recipient, id, body).await?.conversation)
}

/// Like [`start_conversation`], by the id of the recipient.
pub async fn send_first_message(
    state: &AppState,
    me: &CurrentUser,
    to: user::Id,
    id: message::Id,
    body: &Body,
) -> Result<SentMessage, Failure> {
    state.rate_limits.spend(Action::Send, me.spender())?;
    let recipient = state.store.users.by_ids(&[to]).await?.pop().ok_or(AppError::NotFound)?;
    start_or_append(state, me, recipient, id, body).await
}

/// Rejects a new conversation with a user who has requested their deletion, as one with a user who does not exist.
async fn reject_leaving(state: &AppState, me: &CurrentUser, with: user::Id) -> Result<(), Failure> {
    if !state.store.users.is_leaving(with).await? {
        return Ok(());
    }
    let existing = state.store.conversations.find_direct(me.user.id, with).await?;
    existing.map(drop).ok_or_else(|| AppError::NotFound.into())
}

async fn start_or_append(
    state: &AppState,
    me: &CurrentUser,
    recipient: User,
    id: message::Id,
    body: &Body,
) -> Result<SentMessage, Failure> {
    reject_leaving(state, me, recipient.id).await?;
    let takes_requests = state.store.users.starters(recipient.id).await?.takes_requests();
    let access = state.store.conversations.direct_access(&me.user, &recipient).await?.taken(takes_requests);
    let (state, body) = (state.clone(), body.clone());
    run_to_completion(Box::pin(async move {
        let sent = match state.store.conversations.append_direct(&access, id, &body).await? {
            Some(sent) => sent,
            None => create_conversation(&state, &access, id, &body).await?,
        };
        publish_in_request(&state, access.me().id, &sent).await;
        Ok(sent)
    }))
    .await
}

/// Creates a conversation, within the user's quota of new ones. An attempt that creates none is given back: a refused
/// one, a failed one, and one that another request with the same message has overtaken.
async fn create_conversation(
    state: &AppState,
    access: &DirectAccess,
    id: message::Id,
    body: &Body,
) -> Result<SentMessage, Failure> {
    let caller = Caller::User(access.me().id);
    state.rate_limits.check_shared(&state.store, Action::NewConversation, &caller).await?;
    let started = state.store.conversations.create_direct(access, id, body).await;
    if !started.as_ref().is_ok_and(|started| started.is_new) {
        state.rate_limits.refund(&state.store, Action::NewConversation, &caller).await;
    }
    Ok(started?.sent)
}

/// Publishes a message in a conversation that may be a request. The pages of its recipient show no message of it: they
/// only look again for requests. Reads the conversation again after the message is stored, because it may have been
/// accepted.
async fn publish_in_request(state: &AppState, me: user::Id, sent: &SentMessage) {
    let membership = match state.store.conversations.membership(me, sent.conversation).await {
        Ok(membership) => membership,
        Err(failure) => {
            // The message is stored: its pages find it when they next ask.
            failure.into_public();
            None
        }
    };
    let Some(membership) = membership else { return publish_message(state, &[me], sent) };
    publish_message(state, &membership.audience(), sent);
    if membership.request().is_some() && !membership.is_blocked() {
        state.hub.publish(&membership.others(), &Event::Resync);
    }
}

/// Runs `work` in its own task. A disconnect of the client cancels the request, but a stored message must be published.
/// `work` is boxed, because it is passed on several times, and the futures of the SDK are large.
pub(super) async fn run_to_completion<T: Send + 'static>(
    work: BoxFuture<'static, Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::spawn(work.in_current_span()).await.map_err(|error| Failure::Unexpected(error.into()))?
}

/// Publishes a message. Must be called after the message is stored.
pub fn publish_message(state: &AppState, members: &[user::Id], sent: &SentMessage) {
    let SentMessage { conversation, message, rev } = sent.clone();
    state.presence.add_peers(members);
    state.hub.publish(members, &Event::MessageSent { conversation, message, rev });
}
