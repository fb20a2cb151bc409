//! Changing messages: edits, deletions and reactions, and what pages need to catch up with them.

use crate::domain::changes::{Changes, SeenMessage};
use crate::domain::conversation::{self, MessageView};
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::field_error::FieldCode;
use crate::domain::message::{Body, Message, MessageRef, SentAt};
use crate::domain::page::Page;
use crate::domain::request::Request;
use crate::domain::user;
use crate::server::failure::Failure;
use crate::server::http::rate_limits::Action;
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::{members, name_strangers};
use crate::server::messaging::emoji;
use crate::server::messaging::membership::{membership, membership_with_message};
use crate::server::messaging::sending::run_to_completion;
use crate::server::state::AppState;
use crate::server::store::dynamodb::table::SortTime;

/// Replaces the text of one of the user's own messages. `edits` is the number of edits that the user has seen.
pub async fn edit(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    reference: &MessageRef,
    edits: u32,
    body: &Body,
) -> Result<Message, Failure> {
    state.rate_limits.spend(Action::Change, me.spender())?;
    let (membership, message) = membership_with_message(state, me, conversation, reference).await?;
    let access = state.store.conversations.write_access(membership).await?;
    let (state, body) = (state.clone(), body.clone());
    run_to_completion(Box::pin(async move {
        let message = state.store.messages.edit(&access, message, edits, &body).await?;
        Ok(published(&state, conversation, &access.membership().audience(), message))
    }))
    .await
}

/// Deletes one of the user's own messages.
pub async fn delete(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seen: &SeenMessage,
) -> Result<Message, Failure> {
    state.rate_limits.spend(Action::Change, me.spender())?;
    // No right to write is needed: an author may take back what they have written, whatever they may write today.
    let (membership, message) = membership_with_message(state, me, conversation, &seen.reference).await?;
    let (state, message) = (state.clone(), message.seen(seen.edits));
    run_to_completion(Box::pin(async move {
        let message = state.store.messages.delete(&membership, message).await?;
        Ok(published(&state, conversation, membership.members().ids(), message))
    }))
    .await
}

/// Adds (`on`) or removes the user's reaction to a message.
pub async fn react(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    seen: &SeenMessage,
    emoji: &str,
    on: bool,
) -> Result<Message, Failure> {
    state.rate_limits.spend(Action::Change, me.spender())?;
    let emoji = emoji::parse(emoji).ok_or(AppError::invalid("emoji", FieldCode::EmojiInvalid))?;
    let (membership, message) = membership_with_message(state, me, conversation, &seen.reference).await?;
    let access = state.store.conversations.write_access(membership).await?;
    let (state, message) = (state.clone(), message.seen(seen.edits));
    run_to_completion(Box::pin(async move {
        let message = state.store.messages.react(&access, message, &emoji, on).await?;
        Ok(published(&state, conversation, &access.membership().audience(), message))
    }))
    .await
}

/// Publishes the state of a message after a change. A repeated call publishes it again: the server that has stored the
/// change may have died before it could.
fn published(state: &AppState, conversation: conversation::Id, to: &[user::Id], message: Message) -> Message {
    state.hub.publish(to, &Event::MessageChanged { conversation, message: message.clone() });
    message
}

/// Returns the changes after a revision of the conversation.
pub async fn after(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    rev: u64,
) -> Result<Changes, Failure> {
    let membership = membership(state, me, conversation).await?;
    state.store.messages.changes_after(&membership, rev).await
}

/// Returns the messages from one time to another.
pub async fn reload(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    from: &SentAt,
    to: &SentAt,
) -> Result<Page<Message>, Failure> {
    let (from, to) = (time("from", from)?, time("to", to)?);
    let membership = membership(state, me, conversation).await?;
    let mut messages = state.store.messages.between(&membership, &from, &to).await?;
    name_strangers(state, &membership, &mut messages.items).await?;
    Ok(messages)
}

fn time(field: &str, at: &SentAt) -> Result<SortTime, AppError> {
    let at = SortTime::parse(at.as_str()).ok_or_else(|| AppError::invalid(field, FieldCode::TimeInvalid))?;
    Ok(at.canonical())
}

/// Returns a message with its history.
pub async fn find(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    reference: &MessageRef,
) -> Result<MessageView, Failure> {
    let membership = membership(state, me, conversation).await?;
    let messages = &state.store.messages;
    let (message, members) = tokio::try_join!(messages.find(&membership, reference), members(state, me, &membership))?;
    let mut message = message.ok_or(AppError::NotFound)?;
    name_strangers(state, &membership, std::slice::from_mut(&mut message)).await?;
    let versions = if message.edits > 0 { messages.versions(&membership, reference).await? } else { Vec::new() };
    let editable_until = messages.editable_until(&membership, &message).map(|at| SortTime::from(at).sent_at());
    let (kind, has_blocked) = (membership.kind(), membership.has_blocked());
    let is_request = Request::is_received(membership.request());
    Ok(MessageView { conversation, kind, members, message, versions, editable_until, has_blocked, is_request })
}
