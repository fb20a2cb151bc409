//! Server functions that report messages and users.

use leptos::prelude::*;

use crate::api::client::Client;
use crate::domain::conversation;
use crate::domain::destination::Destination;
use crate::domain::error::AppError;
use crate::domain::message::{self, SentAt};
use crate::domain::report::ReportSubject;

/// Returns what a report would be about: a message of another author, to which `message` and `sent_at` refer, or
/// without them the other member of a direct conversation.
#[server(prefix = "/rpc", endpoint = "find_report_subject", client = Client)]
pub async fn find_report_subject(
    conversation: conversation::Id,
    message: Option<message::Id>,
    sent_at: Option<SentAt>,
) -> Result<ReportSubject, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::reports;
    respond_as_user(async |state, me| {
        let message = reports::reference(message, sent_at)?;
        Ok(reports::find(state, me, conversation, message.as_ref()).await?.subject)
    })
    .await
}

/// Reports it to the operator, with a copy of the message and the messages before it, and leads back to the page of the
/// report. A repeated report changes nothing until the first one is closed.
#[server(prefix = "/rpc", endpoint = "report", client = Client)]
pub async fn report(
    conversation: conversation::Id,
    message: Option<message::Id>,
    sent_at: Option<SentAt>,
    reason: String,
    #[server(default)] details: String,
) -> Result<Destination, AppError> {
    use crate::server::http::respond::respond_as_user;
    use crate::server::messaging::reports;
    respond_as_user(async |state, me| {
        let message = reports::reference(message, sent_at)?;
        let grounds = reports::Grounds::parse(&reason, &details)?;
        reports::report(state, me, conversation, message.as_ref(), &grounds).await
    })
    .await
}
