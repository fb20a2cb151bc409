//! Messages for the error codes of the API, for the developers of its clients.

use crate::server::http::json_api::error_code::ErrorCode;

/// Returns the message for a code.
pub fn message(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::MalformedJson => "The body is not valid JSON.",
        ErrorCode::UnknownUser => "This user must sign in on the website once before using the API.",
        ErrorCode::NotFound => "Not found, or not accessible to you.",
        ErrorCode::MethodNotAllowed => "Method not allowed. The Allow header lists the allowed methods.",
        ErrorCode::IdempotencyKeyTaken => "This Idempotency-Key was already used for another message.",
        ErrorCode::TooLarge => "The body exceeds 64 KiB.",
        ErrorCode::NotJson => "The Content-Type must be application/json.",
        ErrorCode::RateLimited => "Too many requests. Wait for the number of seconds in Retry-After.",
        ErrorCode::Unexpected => "Internal error.",
        ErrorCode::Unavailable => "Service temporarily unavailable. Try again later.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_message_of_its_own_with_a_full_stop() {
        let messages = ErrorCode::ALL.map(message);
        assert_eq!(messages.iter().collect::<BTreeSet<_>>().len(), messages.len());
        for message in messages {
            assert!(message.starts_with(char::is_uppercase) && message.ends_with('.'), "{message}");
        }
    }
}
