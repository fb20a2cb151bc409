//! Forms that report a message or a user.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::api;
use crate::server::http::error_page;
use crate::server::http::forms::{Form, to_destination};
use crate::server::state::AppState;

/// Routes of the reports.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/messages/{message_group_uuid}/report", post(report_user))
        .route("/messages/{message_group_uuid}/message/{time}/{id}/report", post(report_message))
}

async fn report_user(State(state): State<AppState>, Path(conversation): Path<String>, request: Request) -> Response {
    submit(state, request, [Some(conversation), None, None]).await
}

async fn report_message(
    State(state): State<AppState>,
    Path((conversation, time, id)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    submit(state, request, [Some(conversation), Some(id), Some(time)]).await
}

/// Reports what the path names, whatever the fields of the form name.
async fn submit(state: AppState, request: Request, named: [Option<String>; 3]) -> Response {
    let mut form = match Form::read(state, request).await {
        Ok(form) => form,
        Err(error) => return error_page::for_error(&error),
    };
    for (name, value) in ["conversation", "message", "sent_at"].into_iter().zip(named) {
        form.fields.remove(name);
        form.fields.extend(value.map(|value| (name.to_owned(), value)));
    }
    form.submit::<api::Report>(to_destination).await
}
