//! Reading and checking of request bodies, before a handler sees them.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use percent_encoding::percent_decode;
use tokio::time::timeout;

use crate::domain::error::AppError;
use crate::server::http::error_page;
use crate::server::http::error_response::error_response;
use crate::server::http::media_type::{MediaType, media_type};
use crate::server::http::request_limits::{BODY_BYTES_MAX, READ_BYTES_MAX};

/// Time that a client has to send the beginning of a body that is too large. Without it the client could still be
/// sending, and would see a reset connection instead of the answer.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Time that a client has to send a body. Shorter than the deadline of a request, which would look like an outage.
const READ_TIMEOUT: Duration = Duration::from_secs(8);

/// Reason why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableBody {
    TooLarge,
    /// It ended early, or its chunks are malformed.
    Malformed,
    /// The client did not send all of it in time.
    TooSlow,
}

impl UnreadableBody {
    /// Sets the status of an answer about the body.
    pub fn answer(self, response: impl IntoResponse) -> Response {
        let status = match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        };
        (status, response).into_response()
    }
}

/// Buffers the body before the request is answered: a client that is still uploading would see a reset connection
/// instead of the error.
pub async fn buffer_body(request: Request) -> Result<Request, UnreadableBody> {
    let (head, body) = request.into_parts();
    let length = content_length(&head.headers).unwrap_or_default();
    let waits = head.headers.contains_key(header::EXPECT);
    // A client that sends `Expect: 100-continue` has sent nothing yet, and reading would ask it for the body.
    if waits && length > BODY_BYTES_MAX as u64 {
        return Err(UnreadableBody::TooLarge);
    }
    let read = axum::body::to_bytes(body, READ_BYTES_MAX);
    if length > READ_BYTES_MAX as u64 {
        let _ = timeout(DRAIN_TIMEOUT, read).await;
        return Err(UnreadableBody::TooLarge);
    }
    let body = timeout(READ_TIMEOUT, read).await.map_err(|_| UnreadableBody::TooSlow)?;
    let body = body.map_err(|error| match error.into_inner().is::<LengthLimitError>() {
        true => UnreadableBody::TooLarge,
        false => UnreadableBody::Malformed,
    })?;
    Ok(Request::from_parts(head, body.into()))
}

/// Rejects bodies that would be read as something else than what was sent: forms that are not UTF-8, in which every
/// decoder puts replacement characters, and calls of server functions in another media type. The handlers of forms
/// answer for other media types themselves.
pub async fn check_form(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let is_form = media_type(&head.headers) == Some(MediaType::Form);
    if !is_form && path.starts_with("/rpc/") {
        let mut response = error_response(&AppError::Invalid(Vec::new()));
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return error_page::for_path(path, &AppError::TooLarge);
    };
    // The separators are ASCII and no part of a longer character, so names and values need no check of their own.
    if is_form && percent_decode(&body).decode_utf8().is_err() {
        return error_page::for_path(path, &AppError::Invalid(Vec::new()));
    }
    next.run(Request::from_parts(head, body.into())).await
}

/// Returns the announced length of the body. A number that is too large to be read is the largest one; hyper has
/// rejected everything that is no number.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.parse().unwrap_or(u64::MAX))
}
