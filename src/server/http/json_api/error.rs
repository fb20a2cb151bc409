//! Errors of the JSON API: status and JSON body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::domain::error::AppError;
use crate::server::failure::Failure;
use crate::server::http::json_api::validation_code::ValidationCode;

/// Error of an API request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The body is not valid JSON.
    Malformed,
    /// The token is missing or invalid.
    Unauthenticated,
    /// The token is valid, but its user has never signed in on the site. An access token carries too little to create
    /// the user: it has neither a name nor an e-mail address.
    UnknownUser,
    /// The item does not exist or belongs to others. Both get the same answer, which reveals nothing.
    NotFound,
    /// The path does not support the method.
    MethodNotAllowed,
    /// The idempotency key was used for another message.
    KeyTaken,
    /// The body exceeds the size limit.
    TooLarge,
    /// The content type is not JSON.
    NotJson,
    /// All validation errors, in the order of [`ValidationCode::ALL`].
    Invalid(Vec<ValidationCode>),
    /// The caller has exceeded a rate limit.
    RateLimited {
        /// Seconds until the next attempt may succeed.
        retry_after_secs: u64,
    },
    /// Internal error.
    Unexpected,
    /// A dependency does not answer.
    Unavailable,
}

/// Body of the errors for which the old app had none.
#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    message: &'static str,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnknownUser => StatusCode::FORBIDDEN,
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
            Self::Malformed => ("malformed_json", "The body is not valid JSON."),
            Self::UnknownUser => ("unknown_person", "This user must sign in on the website once before using the API."),
            Self::NotFound => ("not_found", "Not found, or not accessible to you."),
            Self::MethodNotAllowed => {
                ("method_not_allowed", "Method not allowed. The Allow header lists the allowed methods.")
            }
            Self::KeyTaken => ("idempotency_key_taken", "This Idempotency-Key was already used for another message."),
            Self::TooLarge => ("too_large", "The body exceeds 64 KiB."),
            Self::NotJson => ("not_json", "The Content-Type must be application/json."),
            Self::RateLimited { .. } => {
                ("rate_limited", "Too many requests. Wait for the number of seconds in Retry-After.")
            }
            Self::Unexpected => ("unexpected", "Internal error."),
            Self::Unavailable => ("unavailable", "Service temporarily unavailable. Try again later."),
        };
        Json(ErrorBody { error, message }).into_response()
    }

    fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs } => Some(*retry_after_secs),
            Self::Unavailable => AppError::Unavailable.retry_after_secs(),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
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

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        failure.into_public().into()
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unauthenticated => Self::Unauthenticated,
            AppError::Forbidden | AppError::NotFound => Self::NotFound,
            // A message to oneself has been rejected before, so the conflict can only be a message id.
            AppError::Conflict(_) => Self::KeyTaken,
            AppError::TooLarge => Self::TooLarge,
            // Texts and handles have been validated before, so the invalid field can only be the cursor.
            AppError::Invalid(_) => Self::Invalid(vec![ValidationCode::CursorInvalid]),
            AppError::RateLimited { retry_after_secs } => Self::RateLimited { retry_after_secs },
            AppError::Unavailable => Self::Unavailable,
            AppError::Unexpected => Self::Unexpected,
        }
    }
}
