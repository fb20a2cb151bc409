//! Requests of the outbox to the server. Runs in the browser only.

use std::time::Duration;

use leptos::prelude::*;

use crate::api;
use crate::domain::conversation::SentMessage;
use crate::domain::error::{AppError, Conflict};
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::{conversation, user};
use crate::ui::state::backoff::wait_after;
use crate::ui::state::compose_target::Target;
use crate::ui::state::outbox::Outbox;
use crate::ui::state::outbox::queue::Outcome;
use crate::ui::state::outbox::unsent::{Content, Unsent};
use crate::ui::state::refusal::Refusal;

/// Longest wait for a rate limit, in seconds. With a longer one the user is told the time, and decides.
const WAIT_SECS_MAX: u64 = 5 * 60;

impl Outbox {
    /// Carries out an entry at the server.
    pub(super) async fn attempt(self, item: &Unsent) -> Outcome {
        let author = self.store.try_get_value().flatten().map(|store| store.owner());
        match self.request(item, author).await {
            Ok(outcome) => outcome,
            Err(AppError::Unauthenticated) => {
                self.live.signed_out.try_set(true);
                Outcome::SignedOut
            }
            Err(AppError::RateLimited { retry_after_secs }) if retry_after_secs <= WAIT_SECS_MAX => {
                Outcome::Later(Duration::from_secs(retry_after_secs))
            }
            Err(AppError::Unavailable | AppError::Unexpected) => {
                let failures = self.queue.try_with_value(|queue| queue.failures(item)).unwrap_or(0);
                Outcome::Later(wait_after(failures + 1))
            }
            Err(error) => Outcome::Refused(Refusal::from(&error)),
        }
    }

    async fn request(self, item: &Unsent, author: Option<user::Id>) -> Result<Outcome, AppError> {
        if !item.is_change() {
            return self.send_message(item, author).await;
        }
        let (reference, conversation) =
            item.content.changes().zip(item.target.conversation_id()).ok_or(AppError::NotFound)?;
        let (id, sent_at) = (reference.id, reference.sent_at.clone());
        let changed = match &item.content {
            Content::Body(_) => return Err(AppError::NotFound),
            Content::Edit { edits, body, .. } => {
                match api::edit_message(conversation, id, sent_at.clone(), *edits, body.clone(), author).await {
                    Err(AppError::Conflict(Conflict::MessageChanged)) => {
                        let message = api::find_message(conversation, id, sent_at).await?.message;
                        self.show_change(conversation, &message);
                        return Ok(Outcome::Edited(Box::new(message)));
                    }
                    edited => edited?,
                }
            }
            Content::React { emoji, on, .. } => {
                api::react(conversation, id, sent_at, emoji.to_string(), *on, author, None).await?
            }
            Content::Delete(_) => api::delete_message(conversation, id, sent_at, author, None).await?,
        };
        self.show_change(conversation, &changed);
        Ok(Outcome::Done(conversation, Box::new(changed)))
    }

    fn show_change(self, conversation: conversation::Id, message: &Message) {
        self.live.dispatch(&Event::MessageChanged { conversation, message: message.clone() });
    }

    async fn send_message(self, item: &Unsent, author: Option<user::Id>) -> Result<Outcome, AppError> {
        let mut sent = Err(AppError::Unexpected);
        // If the server has another text under this id, it is one that the user has replaced since.
        for body in item.texts() {
            let (id, body) = (item.id, body.to_owned());
            sent = match item.target {
                Target::Conversation(conversation) => {
                    let (reply_to, at) = item.reply_to.clone().map(|it| (it.id, it.sent_at)).unzip();
                    api::send_message(conversation, id, body, author, reply_to, at).await
                }
                // If a conversation has been started since, the server adds the message to it.
                Target::Person(to) => api::send_first_message(to, id, body, author).await,
            };
            if !matches!(sent, Err(AppError::Conflict(Conflict::MessageIdTaken))) {
                break;
            }
        }
        let SentMessage { conversation, message, rev } = sent?;
        self.live.dispatch(&Event::MessageSent { conversation, message: message.clone(), rev });
        self.mark_stored(&message, conversation);
        Ok(Outcome::Done(conversation, Box::new(message)))
    }
}
