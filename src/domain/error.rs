//! All that a browser may know of a failure.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// What is wrong with one field of a form, in words for the person who filled it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form.
    pub field: String,
    /// A sentence.
    pub reason: String,
}

/// Why something was not done. It carries no cause: those are for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum AppError {
    /// Nobody is signed in, or no longer.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The request is not one that our own pages make.
    #[error("This is not allowed.")]
    Forbidden,
    /// Not there, or not yours: the two look the same.
    #[error("There is nothing here.")]
    NotFound,
    /// It would contradict what is already stored; the text says how.
    #[error("{0}")]
    Conflict(String),
    /// The request is larger than anything that we accept.
    #[error("This is too much at once.")]
    TooLarge,
    /// Some fields cannot be taken as they are.
    #[error("{}", .0.first().map_or("Something is missing or wrong.", |first| &first.reason))]
    Invalid(Vec<FieldError>),
    /// Too many tries.
    #[error("Too many tries. Wait {retry_after_secs} seconds, then try again.")]
    RateLimited {
        /// When the next try may succeed.
        retry_after_secs: u64,
    },
    /// Something that we depend on does not answer.
    #[error("This does not work right now. Nothing is lost: try again in a moment.")]
    Unavailable,
    /// A mistake of ours.
    #[error("Something went wrong on our side.")]
    Unexpected,
}

impl AppError {
    /// One field is wrong.
    pub fn invalid(field: &str, reason: impl ToString) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), reason: reason.to_string() }])
    }

    /// The HTTP status that says this (RFC 9110, section 15; 422 and 429 as there and in RFC 6585).
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

    /// How long to wait before trying again, where waiting helps.
    pub fn retry_after_secs(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_secs } => Some(*retry_after_secs),
            Self::Unavailable => Some(5),
            _ => None,
        }
    }

    /// What is wrong with the field `name`, if anything.
    pub fn field(&self, name: &str) -> Option<String> {
        match self {
            Self::Invalid(fields) => fields.iter().find(|f| f.field == name).map(|f| f.reason.clone()),
            _ => None,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// What the transport says. In a browser: no network, or a server that is restarting. On the server: arguments that
    /// cannot be read.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Invalid(Vec::new()),
            // In a browser this is an answer that is not the server's: a proxy's page, or nothing at all.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => Self::Invalid(Vec::new()),
            _ => Self::Unavailable,
        }
    }
}
