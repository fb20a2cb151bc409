//! Error codes: the single item of an error's body.

use serde::Serialize;

/// Code of an error. Clients depend on the spelling, so it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request line or the `Host` is invalid.
    BadRequest,
    /// The body is not valid JSON.
    MalformedJson,
    /// The token is valid, but its user has never signed in on the site.
    #[serde(rename = "unknown_person")]
    UnknownUser,
    /// The item does not exist or belongs to others.
    NotFound,
    /// The path does not support the method.
    MethodNotAllowed,
    /// The idempotency key was used for another message.
    IdempotencyKeyTaken,
    /// The sender has sent as many messages as a user may send before the recipient accepts.
    RequestPending,
    /// The body exceeds the size limit.
    TooLarge,
    /// The content type is not JSON.
    NotJson,
    /// The caller has exceeded a rate limit.
    RateLimited,
    /// Internal error.
    Unexpected,
    /// A dependency does not answer.
    Unavailable,
}

impl ErrorCode {
    /// All codes, in the order of the document.
    pub const ALL: [Self; 12] = [
        Self::BadRequest,
        Self::MalformedJson,
        Self::UnknownUser,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::IdempotencyKeyTaken,
        Self::RequestPending,
        Self::TooLarge,
        Self::NotJson,
        Self::RateLimited,
        Self::Unexpected,
        Self::Unavailable,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::server::http::json_api::validation_code::ValidationCode;

    #[test]
    fn no_two_codes_are_equal() {
        let errors = ErrorCode::ALL.map(|code| serde_json::to_string(&code).expect("a code"));
        let invalid = ValidationCode::ALL.map(|code| serde_json::to_string(&code).expect("a code"));
        let distinct: BTreeSet<_> = errors.iter().chain(&invalid).collect();
        assert_eq!(distinct.len(), errors.len() + invalid.len());
        for code in distinct {
            let is_snake_case = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(code.trim_matches('"').chars().all(is_snake_case), "{code}");
        }
    }
}
