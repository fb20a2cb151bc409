//! Errors of the JSON API: status and JSON body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::error::{AppError, Conflict};
use crate::server::failure::Failure;
use crate::server::http::json_api::error_code::ErrorCode;
use crate::server::http::json_api::validation_code::ValidationCode;

/// Error of an API request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The request line or the `Host` is invalid.
    BadRequest,
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
    /// The sender has sent as many messages as a user may send before the recipient accepts.
    RequestPending,
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

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::UnknownUser => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeyTaken | Self::RequestPending => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unexpected => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the body of the old app: an empty object, or an array of codes. Its React client shows the items of an
    /// array, and nothing of an object.
    fn body(&self) -> Response {
        let code = match self {
            Self::Unauthenticated => return Json(json!({})).into_response(),
            Self::Invalid(codes) => return Json(codes).into_response(),
            Self::BadRequest => ErrorCode::BadRequest,
            Self::Malformed => ErrorCode::MalformedJson,
            Self::UnknownUser => ErrorCode::UnknownUser,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed => ErrorCode::MethodNotAllowed,
            Self::KeyTaken => ErrorCode::IdempotencyKeyTaken,
            Self::RequestPending => ErrorCode::RequestPending,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::NotJson => ErrorCode::NotJson,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Unexpected => ErrorCode::Unexpected,
            Self::Unavailable => ErrorCode::Unavailable,
        };
        Json([code]).into_response()
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
            AppError::Conflict(conflict) => conflict.into(),
            AppError::TooLarge => Self::TooLarge,
            // Texts and handles have been validated before, so the invalid field can only be the cursor.
            AppError::Invalid(_) => Self::Invalid(vec![ValidationCode::CursorInvalid]),
            AppError::RateLimited { retry_after_secs } => Self::RateLimited { retry_after_secs },
            AppError::Unavailable => Self::Unavailable,
            AppError::Unexpected => Self::Unexpected,
        }
    }
}

impl From<Conflict> for ApiError {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::MessageToSelf => Self::Invalid(vec![ValidationCode::ReceiverSelf]),
            Conflict::Undeliverable | Conflict::RecipientDeleted => Self::NotFound,
            Conflict::MessageIdTaken | Conflict::MessageRemoved | Conflict::MessageTooOld => Self::KeyTaken,
            Conflict::RequestPending => Self::RequestPending,
            // Conflicts of forms, of changes and of the first sign-in, which the API does not have.
            Conflict::MessageChanged | Conflict::MessageDeleted | Conflict::EditTooLate => Self::Unexpected,
            Conflict::TooManyEdits | Conflict::TooManyReactions | Conflict::RequestNotAccepted => Self::Unexpected,
            Conflict::OtherConversation | Conflict::OtherRecipient | Conflict::EmailTaken => Self::Unexpected,
        }
    }
}
