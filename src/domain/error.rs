//! Errors as a browser may see them: codes with data, and no sentences. `ui/wording.rs` chooses the sentences of the
//! pages. The display texts are for logs and command lines.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::domain::field_error::{FieldCode, FieldError, UnknownCode};

/// Error that a browser may see. It carries no cause: causes go to the log only.
///
/// Browsers keep these errors in their local storage, and pages of other versions receive them: the JSON of a variant
/// never changes, and neither does that of a code. Codes are plain text there: derived code that reads enums is large.
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
    #[error("conflict: {}", .0.as_str())]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Conflict {
    /// The recipient is the sender.
    MessageToSelf,
    /// The recipient takes no messages from the sender: one of the two has blocked the other, or the recipient has been
    /// deleted. One code for all, so that it does not tell a block.
    Undeliverable,
    /// The other member of the direct conversation has been deleted. Only servers of earlier versions answer with it.
    RecipientDeleted,
    /// Another message was stored under the same id.
    MessageIdTaken,
    /// The message was stored by an earlier request, and is no longer there.
    MessageRemoved,
    /// The id of the message is so old that the server no longer knows whether it has stored the message.
    MessageTooOld,
    /// The message has been changed since the page that asks was rendered.
    MessageChanged,
    /// The message has been deleted, so that it can be neither edited nor reacted to.
    MessageDeleted,
    /// The message is too old to be edited.
    EditTooLate,
    /// The message has been edited too often to be edited once more.
    TooManyEdits,
    /// The message has so many different reactions that it gets no other one.
    TooManyReactions,
    /// The sender has sent as many messages as a user may send before the recipient accepts.
    RequestPending,
    /// The conversation is a request that the user has not accepted yet.
    RequestNotAccepted,
    /// The form names another conversation than the path to which it was posted.
    OtherConversation,
    /// The form names another recipient than the path to which it was posted.
    OtherRecipient,
    /// The e-mail address of the signed-in account belongs to the row of another account. Only servers of earlier
    /// versions answer with it.
    EmailTaken,
}

impl Conflict {
    /// All conflicts.
    pub const ALL: [Self; 16] = [
        Self::MessageToSelf,
        Self::Undeliverable,
        Self::RecipientDeleted,
        Self::MessageIdTaken,
        Self::MessageRemoved,
        Self::MessageTooOld,
        Self::MessageChanged,
        Self::MessageDeleted,
        Self::EditTooLate,
        Self::TooManyEdits,
        Self::TooManyReactions,
        Self::RequestPending,
        Self::RequestNotAccepted,
        Self::OtherConversation,
        Self::OtherRecipient,
        Self::EmailTaken,
    ];

    /// Returns the code in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MessageToSelf => "message_to_self",
            Self::Undeliverable => "undeliverable",
            Self::RecipientDeleted => "recipient_deleted",
            Self::MessageIdTaken => "message_id_taken",
            Self::MessageRemoved => "message_removed",
            Self::MessageTooOld => "message_too_old",
            Self::MessageChanged => "message_changed",
            Self::MessageDeleted => "message_deleted",
            Self::EditTooLate => "edit_too_late",
            Self::TooManyEdits => "too_many_edits",
            Self::TooManyReactions => "too_many_reactions",
            Self::RequestPending => "request_pending",
            Self::RequestNotAccepted => "request_not_accepted",
            Self::OtherConversation => "other_conversation",
            Self::OtherRecipient => "other_recipient",
            Self::EmailTaken => "email_taken",
        }
    }
}

impl From<Conflict> for &'static str {
    fn from(conflict: Conflict) -> Self {
        conflict.as_str()
    }
}

impl TryFrom<String> for Conflict {
    type Error = UnknownCode;

    fn try_from(text: String) -> Result<Self, UnknownCode> {
        Self::ALL.into_iter().find(|conflict| conflict.as_str() == text).ok_or(UnknownCode)
    }
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
    use crate::domain::message::InvalidBody;
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
    fn every_code_is_listed() {
        assert_eq!(Conflict::ALL.to_vec(), samples::conflicts());
        let listed = FieldCode::ALL.map(FieldCode::as_str);
        assert_eq!(listed.to_vec(), samples::field_codes().into_iter().map(FieldCode::as_str).collect::<Vec<_>>());
        assert_eq!(listed.iter().collect::<std::collections::BTreeSet<_>>().len(), listed.len(), "no two are equal");
    }

    #[test]
    fn an_unknown_code_is_unreadable() {
        for sent in [r#"{"conflict":"new"}"#, r#"{"Invalid":[{"field":"body","code":"new"}]}"#] {
            assert!(serde_json::from_str::<AppError>(sent).is_err(), "{sent}");
        }
    }

    #[test]
    fn an_error_has_a_fixed_form_in_json() {
        for (error, json) in [
            (AppError::NotFound, r#""NotFound""#),
            (AppError::Conflict(Conflict::EmailTaken), r#"{"conflict":"email_taken"}"#),
            (AppError::RateLimited { retry_after_secs: 7 }, r#"{"RateLimited":{"retry_after_secs":7}}"#),
            (AppError::invalid("code", FieldCode::CodeBlank), r#"{"Invalid":[{"field":"code","code":"code_blank"}]}"#),
            (
                AppError::invalid("body", InvalidBody::TooLong(1025)),
                r#"{"Invalid":[{"field":"body","code":"body_too_long","count":1025}]}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&error).expect("JSON"), json);
        }
    }
}
