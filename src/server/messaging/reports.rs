//! Reports of messages and users to the operator.

use crate::domain::conversation::{self, Kind};
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::field_error::{FieldCode, FieldError};
use crate::domain::message::{self, Body, Message, MessageRef, SentAt};
use crate::domain::page::Cursor;
use crate::domain::paths;
use crate::domain::report::{CONTEXT_SIZE, Reason, ReportSubject};
use crate::domain::text;
use crate::server::audit::{Entry, Event, Outcome};
use crate::server::failure::Failure;
use crate::server::http::rate_limits::{Action, Caller};
use crate::server::http::session::CurrentUser;
use crate::server::messaging::conversations::members;
use crate::server::messaging::membership::membership;
use crate::server::state::AppState;
use crate::server::store::dynamodb::membership::Membership;
use crate::server::store::postgres::reports::NewReport;

/// Grounds of a report.
pub struct Grounds {
    reason: Reason,
    /// Words of the reporter; empty if there are none.
    details: String,
}

impl Grounds {
    /// Validates the user's input.
    pub fn parse(reason: &str, details: &str) -> Result<Self, AppError> {
        let reason = Reason::parse(reason).ok_or(FieldCode::ReasonMissing);
        let details = match text::is_blank(details) {
            true => Ok(String::new()),
            false => Body::parse(details).map(|body| body.as_str().to_owned()).map_err(FieldCode::from),
        };
        match (reason, details) {
            (Ok(reason), Ok(details)) => Ok(Self { reason, details }),
            (reason, details) => {
                let errors = [("reason", reason.err()), ("details", details.err())];
                let errors = errors.into_iter().filter_map(|(field, code)| Some(FieldError::new(field, code?)));
                Err(AppError::Invalid(errors.collect()))
            }
        }
    }
}

/// A subject, and the right to see it.
pub struct Found {
    pub subject: ReportSubject,
    membership: Membership,
}

/// Returns the reference to a message, if it is complete.
pub fn reference(id: Option<message::Id>, sent_at: Option<SentAt>) -> Result<Option<MessageRef>, AppError> {
    match (id, sent_at) {
        (Some(id), Some(sent_at)) => Ok(Some(MessageRef { id, sent_at })),
        (None, None) => Ok(None),
        _ => Err(AppError::Invalid(Vec::new())),
    }
}

/// Finds what a report is about. Users can report neither themselves nor all members of a group at once.
pub async fn find(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    message: Option<&MessageRef>,
) -> Result<Found, Failure> {
    let membership = membership(state, me, conversation).await?;
    let (message, user) = match message {
        Some(reference) => {
            let message = state.store.messages.find(&membership, reference).await?.ok_or(AppError::NotFound)?;
            let author = message.author;
            (Some(message), author)
        }
        None if membership.kind() == Kind::Direct => {
            (None, membership.others().first().copied().ok_or(AppError::NotFound)?)
        }
        None => return Err(AppError::NotFound.into()),
    };
    if user == me.user.id {
        return Err(AppError::NotFound.into());
    }
    let members = members(state, me, &membership).await?;
    let user = match members.into_iter().find(|member| member.id == user) {
        Some(member) => member,
        // The old app let any user write.
        None => state.store.users.by_ids(&[user]).await?.pop().ok_or(AppError::NotFound)?,
    };
    let reported = message.as_ref().map_or(user.id.0, |message| message.id.0);
    let is_reported = state.store.reports.is_open(me.user.id, reported).await?;
    Ok(Found { subject: ReportSubject { conversation, user, message, is_reported }, membership })
}

/// Stores a report with a copy of the messages, unless there is an open one of the user about the same.
pub async fn report(
    state: &AppState,
    me: &CurrentUser,
    conversation: conversation::Id,
    message: Option<&MessageRef>,
    grounds: &Grounds,
) -> Result<Destination, Failure> {
    state.rate_limits.check_shared(&state.store, Action::Report, &Caller::User(me.user.id)).await?;
    let Found { subject, membership } = find(state, me, conversation, message).await?;
    let messages = snapshot(state, &membership, subject.message.as_ref()).await?;
    let report = NewReport {
        reporter: me.user.id,
        reported: subject.user.id,
        conversation,
        message: subject.message.as_ref().map(|message| message.id),
        reason: grounds.reason,
        details: &grounds.details,
    };
    if let Some(id) = state.store.reports.create(&report, &messages).await? {
        state.audit.record(Entry::new(Event::Report, Outcome::Done, me.origin.clone()).of(me.user.id).about(id));
    }
    let reference = subject.message.as_ref().map(Message::reference);
    let of = reference.map_or_else(|| paths::conversation(conversation), |it| paths::message(conversation, &it));
    Ok(Destination(paths::report(&of)))
}

/// Returns the reported message and those before it, oldest first; the newest ones if a user is reported.
async fn snapshot(
    state: &AppState,
    membership: &Membership,
    reported: Option<&Message>,
) -> Result<Vec<Message>, Failure> {
    let cursor = reported.map_or_else(Cursor::newest, |message| Cursor::before(&message.sent_at));
    let mut messages = state.store.messages.page(membership, Some(&cursor)).await?.items;
    let wanted = CONTEXT_SIZE + usize::from(reported.is_none());
    messages.drain(..messages.len().saturating_sub(wanted));
    messages.extend(reported.cloned());
    Ok(messages)
}
