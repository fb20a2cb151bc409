//! Server functions: the contract between browser and server.
//!
//! A server function identifies the caller, parses its arguments, makes one call and returns the result. All of them
//! are POST requests under `/rpc`. The endpoints have explicit names, because Leptos would otherwise add a hash to
//! them, and a page that was opened before a deployment would no longer find them. Functions behind a form return a
//! [`Destination`], or a value that determines it; they also serve that form's plain POST (`server/http/forms.rs`).

mod account;

mod authenticator;

mod blocks;
mod changes;

pub mod client;
mod email;
pub mod emoji_table;

mod receipts;

mod reports;

mod requests;

mod search;

mod sign_in_steps;

use leptos::prelude::*;

pub use crate::api::account::*;
pub use crate::api::authenticator::*;
pub use crate::api::blocks::*;
pub use crate::api::changes::*;
use crate::api::client::Client;
pub use crate::api::email::*;
pub use crate::api::receipts::*;
pub use crate::api::reports::*;
pub use crate::api::requests::*;
pub use crate::api::search::*;
pub use crate::api::sign_in_steps::*;
use crate::domain::conversation::{self, Conversation, ConversationView, SentMessage};
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::settings::Settings;
use crate::domain::user::{self, User};

/// Signs in. The destination is `next`, if that is a path on this site, or the conversation list.
#[server(prefix = "/rpc", endpoint = "sign_in", client = Client)]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| {
        Ok(accounts::sign_in(state, parts, &email, password, &next).await?.marked_as_signed_in())
    })
    .await
}

/// Creates an account and sends a code to the e-mail address. `next` is passed on from page to page until the sign-in.
#[server(prefix = "/rpc", endpoint = "sign_up", client = Client)]
pub async fn sign_up(
    name: String,
    handle: String,
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| {
        accounts::sign_up(state, parts, &name, &handle, &email, password, &next).await
    })
    .await
}

/// Confirms a new account's e-mail address with the code.
#[server(prefix = "/rpc", endpoint = "confirm", client = Client)]
pub async fn confirm(email: String, code: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::confirm(state, parts, &email, &code, &next).await).await
}

/// Sends the code for [`confirm`] again.
#[server(prefix = "/rpc", endpoint = "resend_code", client = Client)]
pub async fn resend_code(email: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::resend_code(state, parts, &email, &next).await).await
}

/// Sends a code for [`reset_password`].
#[server(prefix = "/rpc", endpoint = "forgot_password", client = Client)]
pub async fn forgot_password(email: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::forgot_password(state, parts, &email, &next).await).await
}

/// Sets a new password with the code from [`forgot_password`]. Ends all sessions of the account.
#[server(prefix = "/rpc", endpoint = "reset_password", client = Client)]
pub async fn reset_password(
    email: String,
    code: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| {
        accounts::reset_password(state, parts, &email, &code, password, &next).await
    })
    .await
}

/// Ends the caller's session, if it still belongs to the user `of`.
#[server(prefix = "/rpc", endpoint = "sign_out", client = Client)]
pub async fn sign_out(of: Option<user::Id>) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::sign_out(state, parts, of).await).await
}

/// Ends all sessions of the caller, on every device, if the caller is still the user `of`.
#[server(prefix = "/rpc", endpoint = "sign_out_everywhere", client = Client)]
pub async fn sign_out_everywhere(of: Option<user::Id>) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond_with_outcome;
    respond_with_outcome(async |state, parts| accounts::sign_out_everywhere(state, parts, of).await).await
}

/// Returns the signed-in user.
#[server(prefix = "/rpc", endpoint = "current_user", client = Client)]
pub async fn current_user() -> Result<User, AppError> {
    use crate::server::http::respond::respond_as_user;
    respond_as_user(async |_, me| Ok(me.user.clone())).await
}

/// Returns a page of the caller's conversations, newest first; `cursor` comes from an earlier page.
#[server(prefix = "/rpc", endpoint = "list_conversations", client = Client)]
pub async fn list_conversations(cursor: Option<Cursor>) -> Result<Page<Conversation>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::conversations;
    respond_as_user(async |state, me| conversations::list(state, me, cursor.as_ref()).await).await
}

/// Returns the number of the caller's unread messages, at most [`conversation::UNREAD_COUNT_MAX`]; with a cursor from
/// the list, only those in the conversations after it.
#[server(prefix = "/rpc", endpoint = "count_unread", client = Client)]
pub async fn count_unread(cursor: Option<Cursor>) -> Result<u64, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::conversations;
    respond_as_user(async |state, me| conversations::count_unread(state, me, cursor.as_ref()).await).await
}

/// Returns a conversation with one page of its messages: the page at `cursor`, else the page with the first unread
/// message, else the newest page.
#[server(prefix = "/rpc", endpoint = "open_conversation", client = Client)]
pub async fn open_conversation(
    conversation: conversation::Id,
    cursor: Option<Cursor>,
) -> Result<ConversationView, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::conversations;
    respond_as_user(async |state, me| conversations::open(state, me, conversation, cursor.as_ref()).await).await
}

/// Returns a page of a conversation's messages, oldest first.
#[server(prefix = "/rpc", endpoint = "list_messages", client = Client)]
pub async fn list_messages(conversation: conversation::Id, cursor: Cursor) -> Result<Page<Message>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::conversations;
    respond_as_user(async |state, me| conversations::list_messages(state, me, conversation, &cursor).await).await
}

/// Returns the messages sent after a time, oldest first; without a time, from the first message of the conversation.
#[server(prefix = "/rpc", endpoint = "messages_after", client = Client)]
pub async fn messages_after(conversation: conversation::Id, after: Option<SentAt>) -> Result<Page<Message>, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::conversations;
    respond_as_user(async |state, me| conversations::messages_after(state, me, conversation, after.as_ref()).await)
        .await
}

/// Notifies the other members that the caller is typing. Nothing is stored.
#[server(prefix = "/rpc", endpoint = "typing", client = Client)]
pub async fn typing(conversation: conversation::Id) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::presence;
    respond_as_user(async |state, me| presence::typing(state, me, conversation).await).await
}

/// Subscribes the caller's event streams to presence in these conversations for two minutes, at most
/// [`PRESENCE_QUERY_MAX`] per call. The newest conversations are always subscribed. Nothing is stored.
///
/// [`PRESENCE_QUERY_MAX`]: crate::domain::presence::PRESENCE_QUERY_MAX
#[server(prefix = "/rpc", endpoint = "watch_presence", client = Client)]
pub async fn watch_presence(conversations: Vec<conversation::Id>) -> Result<(), AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::presence;
    respond_as_user(async |state, me| presence::watch_presence(state, me, &conversations).await).await
}

/// Sends a message to a conversation, once per `id`. If `author` is given, only that user can send the message: another
/// user may have signed in since it was written. `reply_to` and `reply_to_sent_at` refer to the message that this one
/// answers, if there is one; not found if it is in no conversation of the caller or in another one.
#[server(prefix = "/rpc", endpoint = "send_message", client = Client)]
pub async fn send_message(
    conversation: conversation::Id,
    id: message::Id,
    body: String,
    author: Option<user::Id>,
    #[server(default)] reply_to: Option<message::Id>,
    #[server(default)] reply_to_sent_at: Option<SentAt>,
) -> Result<SentMessage, AppError> {
    use crate::domain::message::MessageRef;
    use crate::server::http::respond::respond;
    use crate::server::messaging::sending;
    respond(async |call| {
        let me = call.author(author)?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        let reply_to = match (reply_to, reply_to_sent_at) {
            (Some(id), Some(sent_at)) => Some(MessageRef { id, sent_at }),
            (None, None) => None,
            // A reply would lose its quote.
            _ => return Err(AppError::Invalid(Vec::new()).into()),
        };
        sending::send_message(&call.state, me, conversation, id, &body, reply_to.as_ref()).await
    })
    .await
}

/// Sends a first message to a user, once per `id`, and returns it with the conversation. If the two users already have
/// a conversation, the message is appended to it. The recipient is the user with the id `to`, even if their handle has
/// changed; `author` works as in [`send_message`].
#[server(prefix = "/rpc", endpoint = "send_first_message", client = Client)]
pub async fn send_first_message(
    to: user::Id,
    id: message::Id,
    body: String,
    author: Option<user::Id>,
) -> Result<SentMessage, AppError> {
    use crate::server::http::respond::respond;
    use crate::server::messaging::sending;
    respond(async |call| {
        let me = call.author(author)?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        sending::send_first_message(&call.state, me, to, id, &body).await
    })
    .await
}

/// Returns the caller's settings.
#[server(prefix = "/rpc", endpoint = "load_settings", client = Client)]
pub async fn load_settings() -> Result<Settings, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::settings;
    respond_as_user(async |state, me| settings::load(state, me).await).await
}

/// Saves the caller's settings. Arguments have defaults, because a browser leaves an unticked box out of the form, and
/// a page of an earlier version has no choice of `starters`. `seen`: the settings that the form has shown, in JSON.
#[server(prefix = "/rpc", endpoint = "save_settings", client = Client)]
pub async fn save_settings(
    #[server(default)] receipts: bool,
    #[server(default)] presence: bool,
    #[server(default)] starters: Option<String>,
    #[server(default)] seen: Option<String>,
) -> Result<Destination, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::settings;
    respond_as_user(async |state, me| {
        let seen = seen.and_then(|seen| serde_json::from_str(&seen).ok());
        settings::save(state, me, (receipts, presence, starters.as_deref()), seen).await?;
        Ok(Destination("/settings?saved=1".to_owned()))
    })
    .await
}

/// Variant of [`send_first_message`] for the plain form: takes the recipient's handle and redirects to the
/// conversation.
#[server(prefix = "/rpc", endpoint = "start_conversation", client = Client)]
pub async fn start_conversation(handle: String, id: message::Id, body: String) -> Result<Destination, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::sending;
    respond_as_user(async |state, me| {
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        let conversation = sending::start_conversation(state, me, &handle, id, &body).await?;
        Ok(Destination(format!("/messages/{conversation}")))
    })
    .await
}
