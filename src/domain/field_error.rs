//! Validation errors of form fields and of arguments.

use serde::{Deserialize, Serialize};

use crate::domain::message::InvalidBody;
use crate::domain::password::InvalidPassword;
use crate::domain::user::{InvalidDisplayName, InvalidHandle};

/// Validation error of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the field in the form.
    pub field: String,
    pub code: FieldCode,
}

impl FieldError {
    /// Creates the error of the field with this name.
    pub fn new(field: &str, code: impl Into<FieldCode>) -> Self {
        Self { field: field.to_owned(), code: code.into() }
    }
}

/// Reason for which a field is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldCode {
    #[error(transparent)]
    Handle(#[from] InvalidHandle),
    #[error(transparent)]
    DisplayName(#[from] InvalidDisplayName),
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    #[error(transparent)]
    Body(#[from] InvalidBody),
    #[error("blank e-mail address")]
    EmailBlank,
    #[error("e-mail address too long")]
    EmailTooLong,
    /// Not of the form of an e-mail address.
    #[error("malformed e-mail address")]
    EmailMalformed,
    #[error("blank code")]
    CodeBlank,
    /// Not a short sequence of digits.
    #[error("malformed code")]
    CodeMalformed,
    /// The sign-in was rejected. Covers every reason that must not be distinguished.
    #[error("sign-in refused")]
    SignInRefused,
    /// The confirmation code was rejected. Covers every reason that must not be distinguished.
    #[error("code refused")]
    CodeRefused,
    /// The user pool rejected the sign-up without a reason.
    #[error("account refused")]
    AccountRefused,
    /// The password meets our rule, but not that of the user pool.
    #[error("password too weak")]
    PasswordTooWeak,
    /// The user had this password before.
    #[error("password used before")]
    PasswordUsedBefore,
    /// The password was set by an administrator and must be replaced first.
    #[error("temporary password")]
    PasswordTemporary,
    /// The user pool demands a further step that this site does not support.
    #[error("unsupported challenge")]
    UnsupportedChallenge,
    /// The search text is too long or contains control characters.
    #[error("invalid search")]
    SearchInvalid,
    #[error("invalid time")]
    TimeInvalid,
    /// The cursor was not made for this list.
    #[error("invalid cursor")]
    CursorInvalid,
    /// The cursor leads to newer entries, which this list does not have.
    #[error("no newer page")]
    NoNewerPage,
    /// More conversations than a presence query may name.
    #[error("too many conversations")]
    TooManyConversations,
}
