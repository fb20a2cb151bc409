//! Forms that send and change messages. The pages of users have the form of a block beside their own.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::api;
use crate::domain::conversation;
use crate::domain::error::{AppError, Conflict};
use crate::domain::message::Message;
use crate::domain::paths;
use crate::server::http::error_page;
use crate::server::http::forms::{Fields, Form, requests, to_destination};
use crate::server::state::AppState;

/// Routes of the conversations, the messages and the first messages.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/messages/{message_group_uuid}", post(send_message))
        .route("/messages/{message_group_uuid}/message/{time}/{id}", post(change_message))
        .route("/messages/new/{handle}", post(start_conversation))
        .route("/messages/new/user/{id}", post(send_first_message))
}

/// Sends a message, blocks the peer, or answers a request. The form of a message names the conversation that it was
/// rendered for; it must match the path, or a message could reach the wrong recipient.
async fn send_message(State(state): State<AppState>, Path(path): Path<String>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.is_block() => form.submit_block().await,
        Ok(form) if form.fields.contains_key(requests::FIELD) => requests::answer(form, path).await,
        Ok(form) if form.fields.get("conversation") == Some(&path) => {
            form.submit::<api::SendMessage>(|fields, _| format!("/messages/{}", fields["conversation"])).await
        }
        read => reject_other(read, Conflict::OtherConversation).await,
    }
}

/// Changes a message from its page: edits it, reacts to it, or deletes it, whichever field the form has; or blocks the
/// peer. The path names the message.
async fn change_message(
    State(state): State<AppState>,
    Path((conversation, time, id)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let mut form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::for_error(&error),
    };
    if form.is_block() {
        return form.submit_block().await;
    }
    let Ok(of) = conversation.parse::<conversation::Id>() else { return form.render_again(AppError::NotFound).await };
    let page = form.parts.uri.path().to_owned();
    let named = [("conversation", conversation), ("message", id), ("sent_at", time)];
    form.fields.extend(named.map(|(name, value)| (name.to_owned(), value)));
    let in_conversation = |_: &Fields, message: &Message| paths::link_to(of, &message.reference());
    match &form.fields {
        fields if fields.contains_key("body") => form.submit::<api::EditMessage>(in_conversation).await,
        fields if fields.contains_key("emoji") => form.submit::<api::React>(|_, _| page.clone()).await,
        fields if fields.get("delete").is_some_and(|it| it == "true") => {
            form.submit::<api::DeleteMessage>(in_conversation).await
        }
        // Nothing is deleted by accident.
        _ => form.render_again(AppError::Invalid(Vec::new())).await,
    }
}

/// Sends a first message from a page of a version that named the recipient by handle.
async fn start_conversation(State(state): State<AppState>, Path(path): Path<String>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.fields.get("handle") == Some(&path) => {
            form.submit::<api::StartConversation>(to_destination).await
        }
        read => reject_other(read, Conflict::OtherRecipient).await,
    }
}

/// Sends a first message from a page that names its recipient by id, or blocks the recipient.
async fn send_first_message(State(state): State<AppState>, Path(path): Path<String>, request: Request) -> Response {
    match Form::read(state, request).await {
        Ok(form) if form.is_block() => form.submit_block().await,
        Ok(form) if form.fields.get("to") == Some(&path) => {
            form.submit::<api::SendFirstMessage>(|_, sent| format!("/messages/{}", sent.conversation)).await
        }
        read => reject_other(read, Conflict::OtherRecipient).await,
    }
}

/// Rejects a form that could not be read, or that was rendered for another path than the one to which it was posted.
async fn reject_other(read: Result<Form, AppError>, conflict: Conflict) -> Response {
    match read {
        Ok(form) => form.render_again(AppError::Conflict(conflict)).await,
        Err(error) => error_page::for_error(&error),
    }
}
