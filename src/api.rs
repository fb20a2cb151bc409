//! Every call that a browser can make: the whole contract between browser and server.
//!
//! A server function says who, parses, calls once, answers. All are POST under `/rpc`, with an endpoint of their own so
//! that a page opened before a deploy still finds them. Those that a form can make return a [`Destination`] or what one
//! follows from, and are also that form's plain POST (`server/forms.rs`).
#![expect(missing_docs, reason = "the macro makes a struct of the arguments, and documents none of its fields")]

use leptos::prelude::*;

use crate::domain::conversation::{self, Conversation, Receipts, Recipient, Thread};
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::message::{self, Message, SentAt};
use crate::domain::page::{Cursor, Page};
use crate::domain::settings::Settings;
use crate::domain::user::{self, User};

/// Signs in, and leads to `next` (a path of ours) or to the conversations.
#[server(prefix = "/rpc", endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::sign_in(&call.state, &call.parts, &email, password, &next).await?)))
        .await
}

/// Makes an account; a code goes to the e-mail address. From here on `next` is handed from page to page, to the sign-in.
#[server(prefix = "/rpc", endpoint = "sign_up")]
pub async fn sign_up(
    name: String,
    handle: String,
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| {
        Ok(call.lead(accounts::sign_up(&call.state, &call.parts, &name, &handle, &email, password, &next).await?))
    })
    .await
}

/// Proves that the e-mail address is theirs.
#[server(prefix = "/rpc", endpoint = "confirm")]
pub async fn confirm(email: String, code: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::confirm(&call.state, &call.parts, &email, &code, &next).await?))).await
}

/// Sends the code of [`confirm`] again.
#[server(prefix = "/rpc", endpoint = "resend_code")]
pub async fn resend_code(email: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::resend_code(&call.state, &call.parts, &email, &next).await?))).await
}

/// Sends a code with which a new password can be set.
#[server(prefix = "/rpc", endpoint = "forgot_password")]
pub async fn forgot_password(email: String, #[server(default)] next: String) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::forgot_password(&call.state, &call.parts, &email, &next).await?))).await
}

/// Sets a new password with the code of [`forgot_password`]. Ends all sessions of the account.
#[server(prefix = "/rpc", endpoint = "reset_password")]
pub async fn reset_password(
    email: String,
    code: String,
    password: String,
    #[server(default)] next: String,
) -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| {
        Ok(call.lead(accounts::reset_password(&call.state, &call.parts, &email, &code, password, &next).await?))
    })
    .await
}

/// Ends this session.
#[server(prefix = "/rpc", endpoint = "sign_out")]
pub async fn sign_out() -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::sign_out(&call.state, &call.parts).await?))).await
}

/// Ends every session of the person who asks, on every device.
#[server(prefix = "/rpc", endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<Destination, AppError> {
    use crate::server::accounts;
    use crate::server::http::respond::respond;
    respond(async |call| Ok(call.lead(accounts::sign_out_everywhere(&call.state, &call.parts).await?))).await
}

/// Who is signed in.
#[server(prefix = "/rpc", endpoint = "current_user")]
pub async fn current_user() -> Result<User, AppError> {
    crate::server::http::respond::respond(async |call| Ok(call.user()?.user.clone())).await
}

/// A page of one's conversations, newest first; `cursor` comes from an earlier page.
#[server(prefix = "/rpc", endpoint = "list_conversations")]
pub async fn list_conversations(cursor: Option<Cursor>) -> Result<Page<Conversation>, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::conversations::list(&call.state, call.user()?, cursor.as_ref()).await
    })
    .await
}

/// A conversation with the page of it where the unread begin, or else the newest, or with the one that `cursor` asks for.
#[server(prefix = "/rpc", endpoint = "open_conversation")]
pub async fn open_conversation(conversation: conversation::Id, cursor: Option<Cursor>) -> Result<Thread, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::conversations::open(&call.state, call.user()?, conversation, cursor.as_ref()).await
    })
    .await
}

/// A page of a conversation's messages, oldest first.
#[server(prefix = "/rpc", endpoint = "list_messages")]
pub async fn list_messages(conversation: conversation::Id, cursor: Cursor) -> Result<Page<Message>, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::conversations::page(&call.state, call.user()?, conversation, &cursor).await
    })
    .await
}

/// What was written in a conversation after a time, oldest first; from the first message of all without one.
#[server(prefix = "/rpc", endpoint = "messages_after")]
pub async fn messages_after(conversation: conversation::Id, after: Option<SentAt>) -> Result<Page<Message>, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::conversations::after(&call.state, call.user()?, conversation, after.as_ref()).await
    })
    .await
}

/// Tells the other person that one is writing. Nothing is stored.
#[server(prefix = "/rpc", endpoint = "typing")]
pub async fn typing(conversation: conversation::Id) -> Result<(), AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::presence::typing(&call.state, call.user()?, conversation).await
    })
    .await
}

/// Has one's streams tell, for two minutes, who is there in these conversations, [`conversation::LOOKED_FOR_MAX`] of them
/// at most. Of the newest ones they tell by themselves. Nothing is stored.
#[server(prefix = "/rpc", endpoint = "look_for")]
pub async fn look_for(conversations: Vec<conversation::Id>) -> Result<(), AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::presence::look_for(&call.state, call.user()?, &conversations).await
    })
    .await
}

/// Sends a message into a conversation, once per `id`. Where it says by whom it was written, nobody else can send it: who is
/// signed in may have changed since.
#[server(prefix = "/rpc", endpoint = "send_message")]
pub async fn send_message(
    conversation: conversation::Id,
    id: message::Id,
    body: String,
    author: Option<user::Id>,
) -> Result<Message, AppError> {
    crate::server::http::respond::respond(async |call| {
        let me = call.author(author)?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        crate::server::messaging::sending::send(&call.state, me, conversation, id, &body).await
    })
    .await
}

/// Sends somebody a first message, once per `id`, or one more where there is a conversation with them, and says in which.
/// It is bound to whoever has the id `to`, whatever their handle is by now, and to `author` as in [`send_message`].
#[server(prefix = "/rpc", endpoint = "send_first_message")]
pub async fn send_first_message(
    to: user::Id,
    id: message::Id,
    body: String,
    author: Option<user::Id>,
) -> Result<(conversation::Id, Message), AppError> {
    crate::server::http::respond::respond(async |call| {
        let me = call.author(author)?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        crate::server::messaging::sending::send_first(&call.state, me, to, id, &body).await
    })
    .await
}

/// Remembers that everything up to `seq` has been read.
#[server(prefix = "/rpc", endpoint = "mark_read")]
pub async fn mark_read(conversation: conversation::Id, seq: u64) -> Result<(), AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::receipts::mark_read(&call.state, call.user()?, conversation, seq).await
    })
    .await
}

/// Marks a conversation as unread until it is opened.
#[server(prefix = "/rpc", endpoint = "mark_unread")]
pub async fn mark_unread(conversation: conversation::Id) -> Result<(), AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::receipts::mark_unread(&call.state, call.user()?, conversation).await
    })
    .await
}

/// Tells the other person that everything up to `seq` has arrived.
#[server(prefix = "/rpc", endpoint = "mark_delivered")]
pub async fn mark_delivered(conversation: conversation::Id, seq: u64) -> Result<(), AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::receipts::mark_delivered(&call.state, call.user()?, conversation, seq).await
    })
    .await
}

/// How far the other person has got; none where one of the two does not show it.
#[server(prefix = "/rpc", endpoint = "find_receipts")]
pub async fn find_receipts(conversation: conversation::Id) -> Result<Option<Receipts>, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::receipts::in_conversation(&call.state, call.user()?, conversation).await
    })
    .await
}

/// What one has chosen.
#[server(prefix = "/rpc", endpoint = "load_settings")]
pub async fn load_settings() -> Result<Settings, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::settings::load(&call.state, call.user()?).await
    })
    .await
}

/// Keeps what one has chosen. A box that is not ticked is not in the form.
#[server(prefix = "/rpc", endpoint = "save_settings")]
pub async fn save_settings(#[server(default)] receipts: bool) -> Result<Destination, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::settings::save(&call.state, call.user()?, &Settings { receipts }).await?;
        Ok(Destination("/settings?saved=1".to_owned()))
    })
    .await
}

/// People whose handle or name begins with `query`; nobody for less than two characters.
#[server(prefix = "/rpc", endpoint = "search_users")]
pub async fn search_users(query: String) -> Result<Vec<User>, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::people::search(&call.state, call.user()?, &query).await
    })
    .await
}

/// The person to whom a first message would go. Yourself: a conflict.
#[server(prefix = "/rpc", endpoint = "find_recipient")]
pub async fn find_recipient(handle: String) -> Result<Recipient, AppError> {
    crate::server::http::respond::respond(async |call| {
        crate::server::messaging::people::recipient(&call.state, call.user()?, &handle).await
    })
    .await
}

/// The same as [`send_first_message`], to the person of a handle, and leads to the conversation: what a form asks for.
#[server(prefix = "/rpc", endpoint = "start_conversation")]
pub async fn start_conversation(handle: String, id: message::Id, body: String) -> Result<Destination, AppError> {
    crate::server::http::respond::respond(async |call| {
        let me = call.user()?;
        let body = message::Body::parse(&body).map_err(|reason| AppError::invalid("body", reason))?;
        let conversation = crate::server::messaging::sending::start(&call.state, me, &handle, id, &body).await?;
        Ok(Destination(format!("/messages/{conversation}")))
    })
    .await
}
