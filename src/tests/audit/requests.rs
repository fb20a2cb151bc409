//! Requests of a user's browser, and the interpretation of the responses.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::conversation::{self, Recipient, SentMessage};
use cruddur_messages::domain::message::{self, Message, MessageRef};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;

use super::retry::Attempt;
use super::shown::ShownMessage;
use super::texts::{FIRST_TEXT, ShownText, text_of};
use super::users::{AuditUser, Scenario};

/// Timeout of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);

/// Texts in the refusal of a message beyond those that a request may have: of the calls, and of the page.
const PENDING: [&str; 2] = ["request_pending", "until this user accepts or answers"];

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
    /// First message, by the page's script. It may be repeated or concurrent with others.
    Start,
    /// First message by form, without script.
    StartForm,
}

/// Message that is sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub id: message::Id,
    /// The message that it answers. Only into a conversation that exists.
    pub reply_to: Option<MessageRef>,
}

/// Message that a server has acknowledged.
#[derive(Debug)]
pub struct Sent {
    pub conversation: conversation::Id,
    /// The message, if the response contains it.
    pub message: Option<Message>,
}

/// Response that decides an attempt.
pub struct Decided {
    pub status: StatusCode,
    pub location: Option<String>,
    pub text: String,
}

/// Builds a form request of a user to a server.
pub fn post(
    http: &Client,
    server: SocketAddr,
    me: &AuditUser,
    path: &str,
    fields: &(impl Serialize + ?Sized),
) -> RequestBuilder {
    http.post(format!("http://{server}{path}"))
        .header(COOKIE, &me.cookie)
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", &me.address)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(serde_urlencoded::to_string(fields).unwrap_or_default())
}

/// Tries to send a message once.
pub async fn attempt_send(
    scenario: &Scenario,
    server: SocketAddr,
    (me, recipient): (&AuditUser, &AuditUser),
    method: SendMethod,
    new: &NewMessage,
) -> Attempt<Sent> {
    let (http, handle) = (&scenario.http, recipient.user.handle_text());
    let mut fields = vec![("id", new.id.to_string()), ("body", text_of(new.id, FIRST_TEXT))];
    if let Some(reply_to) = &new.reply_to {
        fields.extend([
            ("reply_to", reply_to.id.to_string()),
            ("reply_to_sent_at", reply_to.sent_at.as_str().to_owned()),
        ]);
    }
    match method {
        SendMethod::Send(conversation) | SendMethod::SendForm(conversation) => {
            fields.push(("conversation", conversation.to_string()));
        }
        SendMethod::Start => fields.push(("to", recipient.user.id.to_string())),
        SendMethod::StartForm => fields.push(("handle", handle.to_owned())),
    }
    let request = match method {
        SendMethod::Send(_) => post(http, server, me, "/rpc/send_message", &fields),
        SendMethod::SendForm(conversation) => {
            post(http, server, me, &format!("/messages/{conversation}"), &fields).header(ACCEPT, "text/html")
        }
        SendMethod::Start => post(http, server, me, "/rpc/send_first_message", &fields),
        SendMethod::StartForm => {
            post(http, server, me, &format!("/messages/new/{handle}"), &fields).header(ACCEPT, "text/html")
        }
    };
    match exchange(scenario, request).await {
        Attempt::Answered(response) => match sent(&response, method, me, new) {
            Some(sent) => Attempt::Answered(sent),
            None if PENDING.iter().any(|words| response.text.contains(words)) => {
                // Earlier messages of this user were stored without an answer, so that their request was not accepted.
                accept_pending(scenario, server, (me, recipient)).await
            }
            None => {
                let Decided { status, location, text } = response;
                Attempt::Rejected(format!("{method:?}: {status} {} {text:.300}", location.unwrap_or_default()))
            }
        },
        Attempt::Denied(delay) => Attempt::Denied(delay),
        Attempt::Lost => Attempt::Lost,
        Attempt::Rejected(reason) => Attempt::Rejected(reason),
    }
}

/// Accepts the request of a user, as its recipient. The message was not stored, and can be sent again.
async fn accept_pending<T>(
    scenario: &Scenario,
    server: SocketAddr,
    (me, recipient): (&AuditUser, &AuditUser),
) -> Attempt<T> {
    let fields = [("handle", recipient.user.handle_text())];
    let request = post(&scenario.http, server, me, "/rpc/find_recipient", &fields);
    if let Attempt::Answered(Decided { text, .. }) = exchange(scenario, request).await
        && let Ok(Recipient { conversation: Some(conversation), .. }) = serde_json::from_str(&text)
    {
        attempt_accept(scenario, server, recipient, conversation).await;
    }
    Attempt::Denied(Duration::from_millis(10))
}

/// Tries to accept a request once, as its recipient. The answer is whether the conversation is no request any more: its
/// sender gets "not found" while it is one.
pub async fn attempt_accept(
    scenario: &Scenario,
    server: SocketAddr,
    recipient: &AuditUser,
    conversation: conversation::Id,
) -> Attempt<()> {
    let fields = [("conversation", conversation.to_string())];
    let request = post(&scenario.http, server, recipient, "/rpc/accept_request", &fields);
    match exchange(scenario, request).await {
        Attempt::Answered(Decided { status: StatusCode::OK, .. }) => Attempt::Answered(()),
        Attempt::Answered(Decided { status, text, .. }) => {
            Attempt::Rejected(format!("acceptance: {status} {text:.300}"))
        }
        Attempt::Denied(delay) => Attempt::Denied(delay),
        Attempt::Lost => Attempt::Lost,
        Attempt::Rejected(reason) => Attempt::Rejected(reason),
    }
}

/// Sends a request once, and records its label for the statistics: the status, or the reason why there was none. The
/// answer is the response, unless it only asks for a retry.
pub async fn exchange(scenario: &Scenario, request: RequestBuilder) -> Attempt<Decided> {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            scenario.ledger.record_attempt(cause(&error).to_owned());
            return Attempt::Lost;
        }
    };
    let status = response.status();
    scenario.ledger.record_attempt(status.as_str().to_owned());
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (location, retry_after) = (header(LOCATION), header(RETRY_AFTER).and_then(|secs| secs.parse().ok()));
    match (status, response.text().await) {
        (StatusCode::TOO_MANY_REQUESTS, _) => Attempt::Denied(Duration::from_secs(retry_after.unwrap_or(1))),
        (_, Ok(text)) if !status.is_server_error() => Attempt::Answered(Decided { status, location, text }),
        _ => Attempt::Lost,
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

fn sent(response: &Decided, method: SendMethod, me: &AuditUser, new: &NewMessage) -> Option<Sent> {
    let Decided { status, location, text } = response;
    match (*status, method) {
        (StatusCode::OK, SendMethod::Send(_) | SendMethod::Start) => acknowledged(text, me, new),
        (StatusCode::SEE_OTHER, SendMethod::SendForm(_) | SendMethod::StartForm) => {
            Some(Sent { conversation: conversation_in(location.as_deref()?)?, message: None })
        }
        _ => None,
    }
}

/// Parses the response to a send. It must contain the message that was sent. The author may have changed it since.
fn acknowledged(text: &str, me: &AuditUser, new: &NewMessage) -> Option<Sent> {
    let SentMessage { conversation, message, .. } = serde_json::from_str(text).ok()?;
    let shown = ShownMessage::of(&message)?;
    let has_quote = shown.quote.as_ref().map(|quote| quote.id) == new.reply_to.as_ref().map(|it| it.id);
    let is_as_sent = match shown.text {
        ShownText::Number(FIRST_TEXT) => has_quote && message.edits == 0,
        ShownText::Number(_) => has_quote && message.edits > 0,
        ShownText::Deleted => shown.quote.is_none(),
        ShownText::Altered => false,
    };
    let is_mine = message.id == new.id && message.author == me.user.id && is_as_sent;
    is_mine.then_some(Sent { conversation, message: Some(message) })
}

fn conversation_in(path: &str) -> Option<conversation::Id> {
    path.strip_prefix("/messages/")?.parse().ok()
}
