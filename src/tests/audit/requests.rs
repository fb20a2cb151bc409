//! Requests of a user's browser, and the interpretation of the responses.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Message};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

use super::ledger::text_of;
use super::users::AuditUser;

/// Timeout of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);

/// Creates an HTTP client that does not follow redirects. Cloning it copies a handle.
pub fn http_client() -> anyhow::Result<Client> {
    Client::builder().redirect(Policy::none()).timeout(REQUEST_TIMEOUT).build().context("create an HTTP client")
}

/// Method of sending a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendMethod {
    /// Call of the page's script, into a conversation.
    Send(conversation::Id),
    /// Form of the page, without script.
    SendForm(conversation::Id),
    /// First message, which may be repeated or concurrent with others.
    Start,
    /// First message by form, without script.
    StartForm,
}

/// Outcome of one attempt to send.
#[derive(Debug)]
pub enum Attempt {
    /// Stored in this conversation, with this sequence number if the response contains it.
    Acknowledged(conversation::Id, Option<u32>),
    /// Can be retried after this delay.
    Retry(Duration),
    /// Rejected for this reason. All sends are valid, so this is a defect.
    Rejected(String),
}

/// Builds a form request of a user to a server.
pub fn post(http: &Client, server: SocketAddr, me: &AuditUser, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    http.post(format!("http://{server}{path}"))
        .header(COOKIE, &me.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", &me.address)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(serde_urlencoded::to_string(fields).unwrap_or_default())
}

/// Tries to send a message once. Also returns a label for the statistics: the status, or the reason why there was none.
pub async fn attempt_send(
    http: &Client,
    server: SocketAddr,
    (me, recipient): (&AuditUser, &AuditUser),
    method: SendMethod,
    id: message::Id,
) -> (Attempt, String) {
    let (body, key, handle) = (text_of(id), id.to_string(), recipient.user.handle_text());
    let request = match method {
        SendMethod::Send(conversation) => {
            let fields = [("conversation", &*conversation.to_string()), ("id", &key), ("body", &body)];
            post(http, server, me, "/rpc/send_message", &fields)
        }
        SendMethod::SendForm(conversation) => {
            let fields = [("conversation", &*conversation.to_string()), ("id", &key), ("body", &body)];
            post(http, server, me, &format!("/messages/{conversation}"), &fields).header(ACCEPT, "text/html")
        }
        SendMethod::Start => {
            post(http, server, me, "/rpc/start_conversation", &[("handle", handle), ("id", &key), ("body", &body)])
        }
        SendMethod::StartForm => {
            let fields = [("handle", handle), ("id", &*key), ("body", &*body)];
            post(http, server, me, &format!("/messages/new/{handle}"), &fields).header(ACCEPT, "text/html")
        }
    };
    match request.send().await {
        Ok(response) => {
            let label = response.status().as_str().to_owned();
            (read(response, method, me, id).await, label)
        }
        Err(error) => (Attempt::Retry(Duration::ZERO), cause(&error).to_owned()),
    }
}

fn cause(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "no connection"
    } else {
        "connection lost"
    }
}

async fn read(response: Response, method: SendMethod, me: &AuditUser, id: message::Id) -> Attempt {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (location, retry_after) = (header(LOCATION), header(RETRY_AFTER).and_then(|secs| secs.parse().ok()));
    let Ok(text) = response.text().await else { return Attempt::Retry(Duration::ZERO) };
    let stored = match (status, method) {
        (StatusCode::OK, SendMethod::Send(conversation)) => acknowledged(&text, conversation, me, id),
        (StatusCode::OK, SendMethod::Start) => serde_json::from_str(&text)
            .ok()
            .and_then(|path: String| conversation_in(&path))
            .map(|conversation| (conversation, None)),
        (StatusCode::SEE_OTHER, SendMethod::SendForm(_) | SendMethod::StartForm) => {
            location.as_deref().and_then(conversation_in).map(|conversation| (conversation, None))
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => return Attempt::Retry(Duration::from_secs(retry_after.unwrap_or(1))),
        _ if status.is_server_error() => return Attempt::Retry(Duration::ZERO),
        _ => None,
    };
    match stored {
        Some((conversation, seq)) => Attempt::Acknowledged(conversation, seq),
        None => Attempt::Rejected(format!("{method:?}: {status} {} {text:.300}", location.unwrap_or_default())),
    }
}

/// Parses the response to a send. It must contain the message that was sent.
fn acknowledged(
    text: &str,
    conversation: conversation::Id,
    me: &AuditUser,
    id: message::Id,
) -> Option<(conversation::Id, Option<u32>)> {
    let message: Message = serde_json::from_str(text).ok()?;
    let is_mine = message.id == id && message.author == me.user.id && message.body == text_of(id);
    Some((conversation, Some(u32::try_from(message.seq).ok()?))).filter(|_| is_mine)
}

fn conversation_in(path: &str) -> Option<conversation::Id> {
    path.strip_prefix("/messages/")?.parse().ok()
}
