//! The server's reason for refusing a message, as the browser keeps it with the message.

use serde::{Deserialize, Serialize};

use crate::domain::error::AppError;
use crate::ui::state::page_resource::read_json;

/// Reason for which the server refused a message: the JSON of its error, or a sentence that a version before the error
/// codes has kept.
///
/// Kept messages outlive the version that wrote them. The reason is kept as text, so that a message never disappears
/// because its reason cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refusal(String);

impl Refusal {
    /// Returns the kept sentence, or the error. An error of another version is [`AppError::Unexpected`].
    pub fn reason(&self) -> Result<&str, AppError> {
        // Every sentence ends with a full stop, and no JSON does.
        if self.0.ends_with('.') {
            return Ok(&self.0);
        }
        Err(read_json(&self.0).unwrap_or(AppError::Unexpected))
    }
}

impl From<&AppError> for Refusal {
    fn from(error: &AppError) -> Self {
        Self(serde_json::to_string(error).unwrap_or_default())
    }
}

impl From<&str> for Refusal {
    fn from(kept: &str) -> Self {
        Self(kept.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn a_refused_message_is_kept_with_its_code() {
        for error in samples::errors() {
            let kept = serde_json::to_string(&Refusal::from(&error)).expect("JSON");
            let read: Refusal = serde_json::from_str(&kept).expect(&kept);
            assert_eq!(read.reason(), Err(error), "{kept}");
        }
    }

    #[test]
    fn a_message_that_an_earlier_version_kept_with_a_sentence_is_read_with_it() {
        let sentence = "You can't message yourself.";
        assert_eq!(Refusal::from(sentence).reason(), Ok(sentence));
    }

    #[test]
    fn a_message_whose_error_is_unknown_is_read_as_refused() {
        for kept in ["", "{}", r#""Gone""#, r#"{"conflict":"blocked"}"#, r#"{"code":7}"#] {
            assert_eq!(Refusal::from(kept).reason(), Err(AppError::Unexpected), "{kept}");
        }
    }
}
