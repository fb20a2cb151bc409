//! Error responses in JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::error::AppError;

/// Builds a JSON response for an error outside pages and server functions. Browsers that load a page get HTML instead:
/// see [`error_page::for_path`](crate::server::http::error_page::for_path).
pub fn error_response(error: &AppError) -> Response {
    let mut response = (status(error), axum::Json(error)).into_response();
    if let Some(secs) = error.retry_after_secs() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// Returns the HTTP status of an error.
pub fn status(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
