//! What a person's browser asks of a server, and what it makes of the answer.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation;
use cruddur_messages::domain::message::{self, Message};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

use crate::ledger::text_of;
use crate::people::Person;

/// How long a person waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// A browser that follows nothing by itself. Cloning copies a handle.
pub fn browser() -> anyhow::Result<Client> {
    Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().context("make an HTTP client")
}

/// By which way a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The page's script, into a conversation.
    Send(conversation::Id),
    /// The page's form, without script.
    SendForm(conversation::Id),
    /// As the first message, perhaps of many.
    Start,
    /// As the first message, without script.
    StartForm,
}

/// What became of one try.
#[derive(Debug)]
pub enum Answer {
    /// Stored: where, and at which place if the answer says so.
    Acknowledged(conversation::Id, Option<u32>),
    /// Not now.
    Later(Duration),
    /// Not at all. Nothing that we send deserves that.
    Refused(String),
}

/// Begins a request of a person at a server.
pub fn post(http: &Client, door: SocketAddr, me: &Person, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    http.post(format!("http://{door}{path}"))
        .header(COOKIE, &me.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", &me.address)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(serde_urlencoded::to_string(fields).unwrap_or_default())
}

/// Tries to send a message once. The second part says in a word what came back.
pub async fn try_to_send(
    http: &Client,
    door: SocketAddr,
    (me, other): (&Person, &Person),
    way: Way,
    id: message::Id,
) -> (Answer, String) {
    let (body, key, handle) = (text_of(id), id.to_string(), other.user.handle.as_str());
    let request = match way {
        Way::Send(conversation) => {
            let fields = [("conversation", &*conversation.to_string()), ("id", &key), ("body", &body)];
            post(http, door, me, "/rpc/send_message", &fields)
        }
        Way::SendForm(conversation) => {
            let fields = [("conversation", &*conversation.to_string()), ("id", &key), ("body", &body)];
            post(http, door, me, &format!("/messages/{conversation}"), &fields).header(ACCEPT, "text/html")
        }
        Way::Start => {
            post(http, door, me, "/rpc/start_conversation", &[("handle", handle), ("id", &key), ("body", &body)])
        }
        Way::StartForm => {
            let fields = [("handle", handle), ("id", &*key), ("body", &*body)];
            post(http, door, me, &format!("/messages/new/{handle}"), &fields).header(ACCEPT, "text/html")
        }
    };
    match request.send().await {
        Ok(response) => {
            let word = response.status().as_str().to_owned();
            (read(response, way, me, id).await, word)
        }
        Err(error) => (Answer::Later(Duration::ZERO), cause(&error).to_owned()),
    }
}

fn cause(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer"
    } else if error.is_connect() {
        "no connection"
    } else {
        "connection lost"
    }
}

async fn read(response: Response, way: Way, me: &Person, id: message::Id) -> Answer {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (location, wait) = (header(LOCATION), header(RETRY_AFTER).and_then(|secs| secs.parse().ok()));
    let Ok(text) = response.text().await else { return Answer::Later(Duration::ZERO) };
    let stored = match (status, way) {
        (StatusCode::OK, Way::Send(conversation)) => acknowledged(&text, conversation, me, id),
        (StatusCode::OK, Way::Start) => {
            serde_json::from_str(&text).ok().and_then(|path: String| led_to(&path)).map(|at| (at, None))
        }
        (StatusCode::SEE_OTHER, Way::SendForm(_) | Way::StartForm) => {
            location.as_deref().and_then(led_to).map(|at| (at, None))
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => return Answer::Later(Duration::from_secs(wait.unwrap_or(1))),
        _ if status.is_server_error() => return Answer::Later(Duration::ZERO),
        _ => None,
    };
    match stored {
        Some((conversation, seq)) => Answer::Acknowledged(conversation, seq),
        None => Answer::Refused(format!("{way:?}: {status} {} {text:.300}", location.unwrap_or_default())),
    }
}

/// The answer must be the message that was sent, not just any.
fn acknowledged(
    text: &str,
    conversation: conversation::Id,
    me: &Person,
    id: message::Id,
) -> Option<(conversation::Id, Option<u32>)> {
    let message: Message = serde_json::from_str(text).ok()?;
    let is_mine = message.id == id && message.author == me.user.id && message.body == text_of(id);
    Some((conversation, Some(u32::try_from(message.seq).ok()?))).filter(|_| is_mine)
}

fn led_to(path: &str) -> Option<conversation::Id> {
    path.strip_prefix("/messages/")?.parse().ok()
}
