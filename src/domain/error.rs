//! Errors as a browser may see them.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Validation error of one form field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the field in the form.
    pub field: String,
    /// A sentence for the user.
    pub reason: String,
}

/// Error that a browser may see. It carries no cause: causes go to the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum AppError {
    /// The caller is not signed in, or the session has ended.
    #[error("You are not signed in.")]
    Unauthenticated,
    /// The request did not come from a page of this site.
    #[error("This request is not allowed.")]
    Forbidden,
    /// The item does not exist or belongs to others. Both get the same answer, which reveals nothing.
    #[error("This doesn't exist, or you don't have access to it.")]
    NotFound,
    /// The request contradicts stored data; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// The request body exceeds the size limit.
    #[error("This is too large. Shorten it and try again.")]
    TooLarge,
    /// Some fields failed validation. The list is empty if the arguments could not be read at all.
    #[error("{}", .0.first().map_or("Something is missing or invalid.", |first| &first.reason))]
    Invalid(Vec<FieldError>),
    /// The caller has exceeded a rate limit.
    #[error(
        "Too many attempts. Try again in {retry_after_secs} second{}.",
        if *.retry_after_secs == 1 { "" } else { "s" }
    )]
    RateLimited {
        /// Seconds until the next attempt may succeed.
        retry_after_secs: u64,
    },
    /// A dependency does not answer.
    #[error("Service temporarily unavailable. Try again in a moment.")]
    Unavailable,
    /// Internal error.
    #[error("Something went wrong. Try again.")]
    Unexpected,
}

impl AppError {
    /// Creates a validation error of one field.
    pub fn invalid(field: &str, reason: impl ToString) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), reason: reason.to_string() }])
    }

    /// HTTP status code of the error (RFC 9110, section 15; 429 from RFC 6585).
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge => 413,
            Self::Invalid(_) => 422,
            Self::RateLimited { .. } => 429,
            Self::Unexpected => 500,
            Self::Unavailable => 503,
        }
    }

    /// Seconds to wait before the next attempt, for errors that may pass.
    pub fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs } => Some(*retry_after_secs),
            Self::Unavailable => Some(5),
            _ => None,
        }
    }

    /// Validation message of the field `name`, if it is invalid.
    pub fn field(&self, name: &str) -> Option<String> {
        match self {
            Self::Invalid(fields) => fields.iter().find(|f| f.field == name).map(|f| f.reason.clone()),
            _ => None,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Converts a transport error. In a browser the cause is a missing network or a restarting server; on the server,
    /// arguments that cannot be read.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Invalid(Vec::new()),
            // In a browser, a response that cannot be parsed is not the server's: a proxy's page, or nothing at all.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => Self::Invalid(Vec::new()),
            _ => Self::Unavailable,
        }
    }
}
