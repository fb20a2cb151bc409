//! Errors as a browser may see them: codes with data, and no sentences. `ui/wording.rs` chooses the sentences of the
//! pages, `server/http/json_api/wording.rs` those of the JSON API. The display texts are for logs and command lines.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::domain::field_error::{FieldCode, FieldError};

/// Error that a browser may see. It carries no cause: causes go to the log only.
///
/// Browsers keep these errors in their local storage, and pages of other versions receive them: the JSON of a variant
/// never changes, and neither does that of a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum AppError {
    /// The caller is not signed in, or the session has ended.
    #[error("not signed in")]
    Unauthenticated,
    /// The request did not come from a page of this site.
    #[error("not allowed")]
    Forbidden,
    /// The item does not exist or belongs to others. Both get the same answer, which reveals nothing.
    #[error("not found")]
    NotFound,
    /// The request contradicts stored data.
    // `Conflict` used to hold a sentence. Under that name, a page of that version would show the code as its sentence.
    #[error("conflict: {0}")]
    #[serde(rename = "conflict")]
    Conflict(Conflict),
    /// The request body exceeds the size limit.
    #[error("too large")]
    TooLarge,
    /// Some fields failed validation. The list is empty if the arguments could not be read at all.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// The caller has exceeded a rate limit.
    #[error("rate limited for {retry_after_secs} s")]
    RateLimited {
        /// Seconds until the next attempt may succeed.
        retry_after_secs: u64,
    },
    /// A dependency does not answer.
    #[error("unavailable")]
    Unavailable,
    /// Internal error.
    #[error("internal error")]
    Unexpected,
}

/// Contradiction between a request and stored data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The recipient is the sender.
    #[error("message to self")]
    MessageToSelf,
    /// Another message was stored under the same id.
    #[error("message id taken")]
    MessageIdTaken,
    /// The message was stored by an earlier request, and is no longer there.
    #[error("message removed")]
    MessageRemoved,
    /// The form names another conversation than the path to which it was posted.
    #[error("form of another conversation")]
    OtherConversation,
    /// The form names another recipient than the path to which it was posted.
    #[error("form of another recipient")]
    OtherRecipient,
    /// The e-mail address of the signed-in account belongs to the row of another account.
    #[error("e-mail address taken")]
    EmailTaken,
}

impl AppError {
    /// Creates a validation error of one field.
    pub fn invalid(field: &str, code: impl Into<FieldCode>) -> Self {
        Self::Invalid(vec![FieldError::new(field, code)])
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

    /// Reason for which the field `name` is invalid, if it is.
    pub fn field(&self, name: &str) -> Option<FieldCode> {
        match self {
            Self::Invalid(fields) => fields.iter().find(|field| field.field == name).map(|field| field.code),
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
            // In a browser, a response that cannot be parsed is a proxy's page, an empty one, or an error of a newer
            // server whose code this page does not know yet. All of them may pass: the outbox keeps the message and
            // tries again, at the latest when the page has been reloaded and knows the code.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => Self::Invalid(Vec::new()),
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    /// [`AppError`] of the version that sent sentences.
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    enum OldError {
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict(String),
        TooLarge,
        Invalid(Vec<OldFieldError>),
        RateLimited { retry_after_secs: u64 },
        Unavailable,
        Unexpected,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct OldFieldError {
        field: String,
        reason: String,
    }

    #[test]
    fn a_page_that_expects_sentences_does_not_mistake_a_code_for_one() {
        for error in samples::errors() {
            let sent = serde_json::to_string(&error).expect("JSON");
            let is_readable = serde_json::from_str::<OldError>(&sent).is_ok();
            // Unreadable errors count as an outage: see `from_server_fn_error`.
            let carries_code =
                matches!(&error, AppError::Conflict(_)) || matches!(&error, AppError::Invalid(it) if !it.is_empty());
            assert_eq!(is_readable, !carries_code, "{sent}");
        }
    }

    #[test]
    fn an_error_is_the_same_after_its_way_through_json() {
        for error in samples::errors() {
            let sent = serde_json::to_string(&error).expect("JSON");
            assert_eq!(serde_json::from_str::<AppError>(&sent).expect(&sent), error);
        }
    }

    #[test]
    fn no_code_has_changed_its_json() {
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let conflicts = r#"[
            "message_to_self", "message_id_taken", "message_removed", "other_conversation", "other_recipient",
            "email_taken"
        ]"#;
        assert_eq!(serde_json::to_value(samples::conflicts()).expect("JSON"), json(conflicts));
        let fields = r#"[
            { "handle": "blank" }, { "handle": "too_short" }, { "handle": "too_long" }, { "handle": "character" },
            { "display_name": "blank" }, { "display_name": "too_long" }, { "display_name": "control" },
            { "password": "blank" }, { "password": "too_short" }, { "password": "too_long" },
            { "password": "surrounding_space" }, { "body": "blank" }, { "body": { "too_long": 1025 } },
            { "body": "control" }, "email_blank", "email_too_long", "email_malformed", "code_blank", "code_malformed",
            "sign_in_refused", "code_refused", "account_refused", "password_too_weak", "password_used_before",
            "password_temporary", "unsupported_challenge", "search_invalid", "time_invalid", "cursor_invalid",
            "no_newer_page", "too_many_conversations"
        ]"#;
        assert_eq!(serde_json::to_value(samples::field_codes()).expect("JSON"), json(fields));
        let errors = [AppError::Conflict(Conflict::EmailTaken), AppError::invalid("code", FieldCode::CodeBlank)];
        let expected = r#"[{ "conflict": "email_taken" }, { "Invalid": [{ "field": "code", "code": "code_blank" }] }]"#;
        assert_eq!(serde_json::to_value(errors).expect("JSON"), json(expected));
    }
}
