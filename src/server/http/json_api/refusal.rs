//! Why a program does not get what it asked for: always in JSON, with the status that says it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::domain::error::AppError;
use crate::server::failure::Failure;
use crate::server::http::json_api::code::Code;

/// Why a program does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The body is not JSON, though it says so.
    Malformed,
    /// No token, or none that holds.
    Unauthenticated,
    /// The token holds, but its person has never signed in here: an access token does not tell enough to let them in.
    UnknownPerson,
    /// Not there, or not theirs: the two look the same.
    NotFound,
    /// The path takes other methods.
    MethodNotAllowed,
    /// The idempotency key stands for another message.
    KeyTaken,
    /// The body is larger than anything that we accept.
    TooLarge,
    /// The body does not say that it is JSON.
    NotJson,
    /// All that is wrong with the request, in the order of [`Code::ALL`].
    Invalid(Vec<Code>),
    /// Too many tries.
    RateLimited {
        /// When the next try may succeed.
        retry_after_secs: u64,
    },
    /// A mistake of ours.
    Unexpected,
    /// Something that we depend on does not answer.
    Unavailable,
}

/// The body of a refusal for which the old app had none.
#[derive(Serialize)]
struct Said {
    error: &'static str,
    message: &'static str,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnknownPerson => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeyTaken => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn body(&self) -> Response {
        let (error, message) = match self {
            Self::Unauthenticated => return Json(json!({})).into_response(),
            Self::Invalid(codes) => return Json(codes).into_response(),
            Self::Malformed => ("malformed_json", "The body is not JSON."),
            Self::UnknownPerson => ("unknown_person", "The token holds, but its person must sign in on the site once."),
            Self::NotFound => ("not_found", "There is nothing here, or it is not yours."),
            Self::MethodNotAllowed => ("method_not_allowed", "The Allow header names the methods of this path."),
            Self::KeyTaken => ("idempotency_key_taken", "This Idempotency-Key stands for another message."),
            Self::TooLarge => ("too_large", "A body has at most 64 KiB."),
            Self::NotJson => ("not_json", "Send JSON, and say so: Content-Type: application/json."),
            Self::RateLimited { .. } => ("rate_limited", "Too many tries. Retry-After says how many seconds to wait."),
            Self::Unexpected => ("unexpected", "Something went wrong on our side."),
            Self::Unavailable => ("unavailable", "This does not work right now. Try again in a moment."),
        };
        Json(Said { error, message }).into_response()
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs } => Some(*retry_after_secs),
            Self::Unavailable => AppError::Unavailable.retry_after_secs(),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.body();
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        if self == Self::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(secs) = self.retry_after_secs() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        failure.into_answer().into()
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unauthenticated => Self::Unauthenticated,
            AppError::Forbidden | AppError::NotFound => Self::NotFound,
            // Whoever writes to themselves has been refused before: only a message's id can contradict what is stored.
            AppError::Conflict(_) => Self::KeyTaken,
            AppError::TooLarge => Self::TooLarge,
            // Texts and handles have been parsed before: only a cursor is read by the store itself.
            AppError::Invalid(_) => Self::Invalid(vec![Code::CursorInvalid]),
            AppError::RateLimited { retry_after_secs } => Self::RateLimited { retry_after_secs },
            AppError::Unavailable => Self::Unavailable,
            AppError::Unexpected => Self::Unexpected,
        }
    }
}
