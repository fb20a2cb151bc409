//! The server's reason for refusing a message, as the browser keeps it with the message.

use serde::{Deserialize, Serialize};

use crate::domain::error::AppError;

/// Reason for which the server refused a message.
///
/// Kept messages outlive the version that wrote them, so this type reads what any version has kept. In JSON an error is
/// an object, because pages of the version with sentences read any other form as their sentence. They skip a message
/// that they cannot read and leave it where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Refusal {
    /// The server's error.
    Error { error: AppError },
    /// The sentence that versions before the codes have kept.
    Sentence(String),
    /// An error that this version does not know, from a newer page or a rolled-back version. Any object is read as this
    /// one: a message must not disappear because its reason cannot be read.
    Unknown {},
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::InvalidBody;
    use crate::domain::samples;
    use crate::ui::state::outbox::Unsent;

    /// A message as a browser keeps it, with this reason.
    fn kept(refused: &str) -> String {
        let ids = r#""id":"00000000-0000-0000-0000-000000000001","person":"00000000-0000-0000-0000-000000000002""#;
        format!(r#"{{{ids},"body":"hello","refused":{refused}}}"#)
    }

    fn read(refused: &str) -> Option<Refusal> {
        let text = kept(refused);
        let message: Unsent = serde_json::from_str(&text).expect(&text);
        assert_eq!(message.body, "hello");
        message.refused
    }

    #[test]
    fn a_refused_message_is_kept_with_its_code() {
        for error in samples::errors() {
            let refusal = Refusal::Error { error };
            let text = serde_json::to_string(&refusal).expect("JSON");
            assert!(text.starts_with(r#"{"error":"#), "{text}");
            assert_eq!(read(&text), Some(refusal));
        }
        let too_long = Refusal::Error { error: AppError::invalid("body", InvalidBody::TooLong(1025)) };
        assert_eq!(
            serde_json::to_string(&too_long).expect("JSON"),
            r#"{"error":{"Invalid":[{"field":"body","code":{"body":{"too_long":1025}}}]}}"#
        );
    }

    #[test]
    fn a_message_that_an_earlier_version_kept_with_a_sentence_is_read_with_it() {
        assert_eq!(read("null"), None);
        // The last two are also the JSON of an error.
        for sentence in ["You can't message yourself.", "", "NotFound", "{}"] {
            let text = serde_json::to_string(sentence).expect("JSON");
            assert_eq!(read(&text), Some(Refusal::Sentence(sentence.to_owned())));
        }
    }

    #[test]
    fn a_message_whose_error_is_unknown_is_read_as_refused() {
        for refused in ["{}", r#"{"error":"Gone"}"#, r#"{"error":{"conflict":"blocked"}}"#, r#"{"code":7}"#] {
            assert_eq!(read(refused), Some(Refusal::Unknown {}), "{refused}");
        }
        let text = serde_json::to_string(&Refusal::Unknown {}).expect("JSON");
        assert_eq!(read(&text), Some(Refusal::Unknown {}));
    }

    #[test]
    fn a_page_of_the_version_with_sentences_skips_a_message_with_a_code() {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only parsed")]
        struct OldUnsent {
            body: String,
            refused: Option<String>,
        }
        assert!(serde_json::from_str::<OldUnsent>(&kept(r#""This cannot be.""#)).is_ok());
        assert!(serde_json::from_str::<OldUnsent>(&kept(r#"{"error":"NotFound"}"#)).is_err());
    }
}
