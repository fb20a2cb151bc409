//! Server functions that change messages, and those with which a page catches up with changes.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::changes::Changes;
use crate::domain::conversation::{self, MessageView};
use crate::domain::error::AppError;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::Page;
use crate::domain::user;

/// Replaces the text of one of the caller's messages, which `sent_at` and `message` refer to, and returns the message.
/// `edits` is the number of its edits that the caller has seen: a conflict if there have been others, unless they have
/// led to the same text. A repeated call changes nothing, and neither does the text that the message already has.
/// `author` works as in [`send_message`](super::send_message).
#[server(prefix = "/rpc", endpoint = "edit_message", client = Client)]
pub async fn edit_message(
    conversation: conversation::Id,
    message: message::Id,
    sent_at: SentAt,
    edits: u32,
    body: String,
    author: Option<user::Id>,
) -> Result<Message, AppError> {
    use crate::domain::message::MessageRef;
    use crate::server::http::respond::respond;
    use crate::server::messaging::changes;
    respond(async |call| {
        let me = call.author(author)?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        changes::edit(&call.state, me, conversation, &MessageRef { id: message, sent_at }, edits, &body).await
    })
    .await
}

/// Deletes one of the caller's messages for all members, and returns what is left of it. A repeated call changes
/// nothing. If `edits` is given and the message has been edited more often, the caller has not seen its text: a
/// conflict. `author` works as in [`send_message`](super::send_message).
#[server(prefix = "/rpc", endpoint = "delete_message", client = Client)]
pub async fn delete_message(
    conversation: conversation::Id,
    message: message::Id,
    sent_at: SentAt,
    author: Option<user::Id>,
    #[server(default)] edits: Option<u32>,
) -> Result<Message, AppError> {
    use crate::domain::changes::SeenMessage;
    use crate::domain::message::MessageRef;
    use crate::server::http::respond::respond;
    use crate::server::messaging::changes;
    respond(async |call| {
        let me = call.author(author)?;
        let seen = SeenMessage { reference: MessageRef { id: message, sent_at }, edits };
        changes::delete(&call.state, me, conversation, &seen).await
    })
    .await
}

/// Adds (`on`) or removes the caller's reaction to a message, and returns the message. A repeated call changes nothing.
/// `edits` works as in [`delete_message`], and `author` as in [`send_message`](super::send_message).
#[server(prefix = "/rpc", endpoint = "react", client = Client)]
pub async fn react(
    conversation: conversation::Id,
    message: message::Id,
    sent_at: SentAt,
    emoji: String,
    on: bool,
    author: Option<user::Id>,
    #[server(default)] edits: Option<u32>,
) -> Result<Message, AppError> {
    use crate::domain::changes::SeenMessage;
    use crate::domain::message::MessageRef;
    use crate::server::http::respond::respond;
    use crate::server::messaging::changes;
    respond(async |call| {
        let me = call.author(author)?;
        let seen = SeenMessage { reference: MessageRef { id: message, sent_at }, edits };
        changes::react(&call.state, me, conversation, &seen, &emoji, on).await
    })
    .await
}

/// Returns the changes of messages after a revision of the conversation, at most
/// [`CHANGES_MAX`](crate::domain::changes::CHANGES_MAX) at a time.
#[server(prefix = "/rpc", endpoint = "changes_after", client = Client)]
pub async fn changes_after(conversation: conversation::Id, rev: u64) -> Result<Changes, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::changes;
    respond_as_user(async |state, me| changes::after(state, me, conversation, rev).await).await
}

/// Returns the messages from one time to another, both included, oldest first. A page that may have missed changes
/// reloads what it shows. `newer` is set if there are more than [`RELOAD_MAX`](crate::domain::changes::RELOAD_MAX).
#[server(prefix = "/rpc", endpoint = "reload_messages", client = Client)]
pub async fn reload_messages(
    conversation: conversation::Id,
    from: SentAt,
    to: SentAt,
) -> Result<Page<Message>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::changes;
    respond_as_user(async |state, me| changes::reload(state, me, conversation, &from, &to).await).await
}

/// Returns a message with its conversation's members and its earlier texts, for the page of the message.
#[server(prefix = "/rpc", endpoint = "find_message", client = Client)]
pub async fn find_message(
    conversation: conversation::Id,
    message: message::Id,
    sent_at: SentAt,
) -> Result<MessageView, AppError> {
    use crate::domain::message::MessageRef;
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::changes;
    respond_as_user(async |state, me| {
        changes::find(state, me, conversation, &MessageRef { id: message, sent_at }).await
    })
    .await
}
