//! Answers in JSON that refuse a request.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::error::AppError;

/// A JSON answer for what never reaches a page or a server function. People are told by [`error_page::refuse_at`].
pub fn refuse(error: &AppError) -> Response {
    let mut response = (status(error), axum::Json(error)).into_response();
    if let Some(secs) = error.retry_after_secs() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// The error's HTTP status.
pub fn status(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
