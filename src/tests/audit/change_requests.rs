//! Requests that change a message, and the interpretation of the responses.

use std::net::SocketAddr;

use cruddur_messages::domain::conversation::MessageView;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::Message;
use reqwest::{Client, StatusCode};

use super::known_messages::KnownMessage;
use super::ledger::{ChangeKind, EMOJI};
use super::requests::{exchange, post};
use super::retry::Attempt;
use super::shown::shown_body;
use super::texts::{ShownText, text_of};
use super::users::{AuditUser, Scenario};

/// Answer to a change: the revision of the message's last change, or the reason of a refusal.
pub type Answer = Result<u64, Conflict>;

/// Tries to change a message once.
pub async fn attempt_change(
    scenario: &Scenario,
    server: SocketAddr,
    me: &AuditUser,
    message: &KnownMessage,
    kind: ChangeKind,
) -> Attempt<Answer> {
    let (conversation, id) = (message.conversation.to_string(), message.id.to_string());
    let mut fields =
        vec![("conversation", conversation), ("message", id), ("sent_at", message.sent_at.as_str().to_owned())];
    let path = match kind {
        ChangeKind::Edit { edits, text } => {
            fields.extend([("edits", edits.to_string()), ("body", text_of(message.id, text))]);
            "/rpc/edit_message"
        }
        ChangeKind::Delete => "/rpc/delete_message",
        ChangeKind::React { emoji, on } => {
            fields.extend([("emoji", EMOJI[usize::from(emoji)].to_owned()), ("on", on.to_string())]);
            "/rpc/react"
        }
    };
    let response = match exchange(scenario, post(&scenario.http, server, me, path, &fields)).await {
        Attempt::Answered(response) => response,
        Attempt::Denied(delay) => return Attempt::Denied(delay),
        Attempt::Lost => return Attempt::Lost,
        Attempt::Rejected(reason) => return Attempt::Rejected(reason),
    };
    let answer = match response.status {
        StatusCode::OK => {
            serde_json::from_str(&response.text).ok().and_then(|shown| changed(&shown, me, message, kind))
        }
        StatusCode::CONFLICT => serde_json::from_str(&response.text).ok().and_then(refusal),
        _ => None,
    };
    match answer {
        Some(answer) => Attempt::Answered(answer),
        None => Attempt::Rejected(format!("{kind:?}: {} {:.300}", response.status, response.text)),
    }
}

/// Reads a message as its page does, without retrying.
pub async fn find(http: &Client, server: SocketAddr, me: &AuditUser, message: &KnownMessage) -> Option<Message> {
    let (conversation, id) = (message.conversation.to_string(), message.id.to_string());
    let fields = [("conversation", &*conversation), ("message", &*id), ("sent_at", message.sent_at.as_str())];
    let response = post(http, server, me, "/rpc/find_message", &fields).send().await.ok()?;
    let view: MessageView = response.json().await.ok()?;
    Some(view.message)
}

/// Returns the answer to a successful change; `None` if the response does not show the change.
fn changed(shown: &Message, me: &AuditUser, message: &KnownMessage, kind: ChangeKind) -> Option<Answer> {
    let text = shown_body(shown.id, &shown.body, shown.is_deleted());
    let is_done = match kind {
        ChangeKind::Edit { edits, text: wanted } => match text {
            // A replay of an earlier edit is answered with the newest text.
            ShownText::Number(number) => number == wanted || shown.edits > edits + 1,
            ShownText::Deleted | ShownText::Altered => false,
        },
        ChangeKind::Delete => text == ShownText::Deleted && shown.reactions.is_empty(),
        ChangeKind::React { emoji, on } => {
            let reaction = shown.reactions.iter().find(|it| it.emoji.as_str() == EMOJI[usize::from(emoji)]);
            on == reaction.is_some_and(|reaction| reaction.users.contains(&me.user.id))
        }
    };
    (shown.id == message.id && is_done).then_some(Ok(shown.changed))
}

fn refusal(error: AppError) -> Option<Answer> {
    match error {
        AppError::Conflict(conflict) => Some(Err(conflict)),
        _ => None,
    }
}
