//! Forms of message requests.

use axum::response::Response;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::paths;
use crate::server::http::forms::Form;

/// Field whose value is the answer to a request.
pub(super) const FIELD: &str = "request";

/// Accepts or deletes the request with this id.
pub(super) async fn answer(mut form: Form, conversation: String) -> Response {
    form.fields.insert("conversation".to_owned(), conversation.clone());
    match form.fields.get(FIELD).map(String::as_str) {
        Some("accept") => form.submit::<api::AcceptRequest>(|_, ()| format!("/messages/{conversation}")).await,
        Some("delete") => form.submit::<api::DeleteRequest>(|_, ()| paths::REQUESTS.to_owned()).await,
        _ => form.render_again(AppError::Invalid(Vec::new())).await,
    }
}
