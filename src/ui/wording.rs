//! Sentences for the codes of errors, as pages show them.

use std::sync::LazyLock;

use crate::domain::error::{AppError, Conflict};
use crate::domain::field_error::FieldCode;
use crate::domain::message::{BODY_LEN_MAX, InvalidBody};
use crate::domain::password::{self, InvalidPassword};
use crate::domain::report::Reason;
use crate::domain::user::{DISPLAY_NAME_LEN_MAX, HANDLE_LEN_MAX, HANDLE_LEN_MIN, InvalidDisplayName, InvalidHandle};
use crate::ui::intl::plural;

/// Advice for choosing a password, shown beside the field.
pub static PASSWORD_HINT: LazyLock<String> = LazyLock::new(|| {
    format!("At least {} characters. A few words are easy to remember and hard to guess.", password::LEN_MIN)
});

/// Returns the sentence for an error. For invalid fields it is the sentence of the first one.
pub fn sentence(error: &AppError) -> String {
    let text = match error {
        AppError::Unauthenticated => "You are not signed in.",
        AppError::Forbidden => "This request is not allowed.",
        AppError::NotFound => "This doesn't exist, or you don't have access to it.",
        AppError::Conflict(conflict) => conflict_sentence(*conflict),
        AppError::TooLarge => "This is too large. Shorten it and try again.",
        AppError::Invalid(fields) => match fields.first() {
            Some(first) => return field_sentence(first.code),
            None => "Something is missing or invalid.",
        },
        AppError::RateLimited { retry_after_secs } => {
            return format!("Too many attempts. Try again in {}.", wait(*retry_after_secs));
        }
        AppError::Unavailable => "Service temporarily unavailable. Try again in a moment.",
        AppError::Unexpected => "Something went wrong. Try again.",
    };
    text.to_owned()
}

/// Returns a wait in words: in seconds up to two minutes, then in whole minutes, which are never too few.
fn wait(secs: u64) -> String {
    let (number, one, many) = match secs {
        0..=120 => (secs, "second", "seconds"),
        _ => (secs.div_ceil(60), "minute", "minutes"),
    };
    format!("{number} {}", plural(number as i64, one, many))
}

fn conflict_sentence(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::MessageToSelf => "You can't message yourself.",
        Conflict::Undeliverable => "This message can't be delivered.",
        Conflict::RecipientDeleted => "This user has been deleted. Your message was not sent.",
        Conflict::MessageIdTaken => {
            "Another message was already sent from this form. Copy your text, then reload the page."
        }
        Conflict::MessageRemoved => "This message was already sent, but no longer exists.",
        Conflict::MessageTooOld => {
            "This message is more than 30 days old, and may have been sent then. Look for it before you send it again."
        }
        Conflict::MessageChanged => "This message has changed since you opened it. Nothing was overwritten.",
        Conflict::MessageDeleted => "This message has been deleted.",
        Conflict::EditTooLate => "A message can be edited for 24 hours. This one is older.",
        Conflict::TooManyEdits => "A message can be edited 10 times. This one has been.",
        Conflict::TooManyReactions => "A message can have 20 different reactions. This one has them already.",
        Conflict::RequestPending => "You can send 3 messages until this user accepts or answers. You have sent them.",
        Conflict::RequestNotAccepted => "Accept this request first.",
        Conflict::OtherConversation => "This form belongs to another conversation. Your message was not sent.",
        Conflict::OtherRecipient => "This form belongs to another recipient. Your message was not sent.",
        Conflict::EmailTaken => "This e-mail address already belongs to another account. Contact us to resolve this.",
    }
}

/// Returns the sentence for an invalid field.
pub fn field_sentence(code: FieldCode) -> String {
    let text = match code {
        FieldCode::Handle(reason) => return handle_sentence(reason),
        FieldCode::DisplayName(reason) => return name_sentence(reason),
        FieldCode::Password(reason) => return password_sentence(reason),
        FieldCode::Body(reason) => return body_sentence(reason),
        FieldCode::HandleTaken => "This handle is taken. Choose another one.",
        FieldCode::HandleChangedTooOften => {
            "You've changed your handle five times within 30 days. For now you can only go back to one of those \
             handles."
        }
        FieldCode::EmailBlank => "Enter your e-mail address.",
        FieldCode::EmailTooLong => "This e-mail address is too long.",
        FieldCode::EmailMalformed => "Enter a valid e-mail address, such as ana@example.com.",
        FieldCode::EmailUnchanged => "This is your e-mail address already.",
        FieldCode::CodeBlank => "Enter the code.",
        FieldCode::CodeMalformed => "This code is invalid. Enter its digits.",
        FieldCode::SignInRefused => {
            "Wrong e-mail or password. If you have just signed up, confirm your e-mail address first. After too many \
                attempts, wait 15 minutes."
        }
        FieldCode::CurrentPasswordRefused => "Wrong password. After too many attempts, wait 15 minutes.",
        FieldCode::CodeRefused => {
            "This code is invalid, already used or expired. Request a new one. After too many attempts, wait an hour."
        }
        FieldCode::SignInCodeRefused => "This code is wrong, already used or expired. Enter the newest one.",
        FieldCode::AccountRefused => {
            "We couldn't create an account with these details. Check the e-mail address, then try another handle or \
                name."
        }
        FieldCode::PasswordTooWeak => {
            "This password is too weak. Choose a longer one with uppercase and lowercase letters, digits and symbols."
        }
        FieldCode::PasswordUsedBefore => "You have used this password before. Choose a different one.",
        FieldCode::PasswordTemporary => {
            "This password is temporary. Ask the person who gave it to you for a permanent one."
        }
        FieldCode::UnsupportedChallenge => {
            "This account requires an additional sign-in step, which isn't supported here yet."
        }
        FieldCode::AccountSuspended => "This account is suspended. Ask the operator of this site.",
        FieldCode::NotPermitted => "The rules of this site don't permit this. Ask its operator.",
        FieldCode::Blocked => "A firewall has blocked this request. Try again later, or ask the operator of this site.",
        FieldCode::SearchInvalid => "This search is too long or contains control characters.",
        FieldCode::TimeInvalid => "Invalid time.",
        FieldCode::EmojiInvalid => "This is not a single emoji.",
        FieldCode::CursorInvalid => "This link to older or newer entries is invalid. Start from the newest.",
        FieldCode::NoNewerPage => "This list can be continued only towards older conversations.",
        FieldCode::ReasonMissing => "Choose a reason.",
        FieldCode::TooManyConversations => "Too many conversations in one request.",
    };
    text.to_owned()
}

fn handle_sentence(reason: InvalidHandle) -> String {
    let text = match reason {
        InvalidHandle::Blank => "Choose a handle.",
        InvalidHandle::TooShort => return format!("A handle must have at least {HANDLE_LEN_MIN} characters."),
        InvalidHandle::TooLong => return format!("A handle can have at most {HANDLE_LEN_MAX} characters."),
        InvalidHandle::Reserved => "This handle is reserved. Choose another one.",
        InvalidHandle::Character => "A handle can contain only the letters a to z, digits, “_”, “-” and “.”.",
    };
    text.to_owned()
}

fn name_sentence(reason: InvalidDisplayName) -> String {
    let text = match reason {
        InvalidDisplayName::Blank => "Enter your name.",
        InvalidDisplayName::TooLong => return format!("A name can have at most {DISPLAY_NAME_LEN_MAX} characters."),
        InvalidDisplayName::Reserved => "This name isn't allowed. Please choose another.",
        InvalidDisplayName::Control => "A name can't contain control, text-direction or private-use characters.",
    };
    text.to_owned()
}

fn password_sentence(reason: InvalidPassword) -> String {
    let text = match reason {
        InvalidPassword::Blank => "Enter your password.",
        InvalidPassword::TooShort => {
            return format!("A password must have at least {} characters.", password::LEN_MIN);
        }
        InvalidPassword::TooLong => return format!("A password can have at most {} characters.", password::LEN_MAX),
        InvalidPassword::SurroundingSpace => "A password can't begin or end with a space.",
        InvalidPassword::EasyToGuess => {
            "This password is easy to guess. Choose one without common words, your name or your e-mail address, or \
             string several unrelated words together."
        }
    };
    text.to_owned()
}

/// Returns the words for the reason of a report.
pub fn reason_label(reason: Reason) -> &'static str {
    match reason {
        Reason::Spam => "Spam or fraud",
        Reason::Harassment => "Harassment or hate",
        Reason::Violence => "Threat or violence",
        Reason::Sexual => "Unwanted sexual content",
        Reason::SelfHarm => "Suicide or self-harm",
        Reason::Impersonation => "Pretends to be another person",
        Reason::Other => "Something else",
    }
}

/// Returns the sentence for a text that cannot be sent.
pub fn body_sentence(reason: InvalidBody) -> String {
    let text = match reason {
        InvalidBody::Blank => "Write a message first.",
        InvalidBody::TooLong(len) => {
            return format!("A message can have at most {BODY_LEN_MAX} characters; yours has {len}.");
        }
        InvalidBody::Control => "Your message contains a control character, which can't be sent.",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    #[test]
    fn every_error_has_a_sentence_with_a_full_stop() {
        for error in samples::errors() {
            let sentence = sentence(&error);
            assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{error:?}: {sentence}");
            // A line that a `\` continues must leave no gap.
            assert!(!sentence.contains("  "), "{error:?}: {sentence}");
        }
    }

    #[test]
    fn no_two_reasons_share_a_sentence() {
        let codes = samples::field_codes();
        let distinct = |it: Vec<String>| it.into_iter().collect::<std::collections::BTreeSet<_>>().len();
        let fields = codes.iter().map(|code| field_sentence(*code)).collect();
        assert_eq!(distinct(fields), codes.len());
        let conflicts = samples::conflicts();
        assert_eq!(distinct(conflicts.iter().map(|it| conflict_sentence(*it).to_owned()).collect()), conflicts.len());
    }

    #[test]
    fn sentences_name_the_limits_and_the_counts() {
        for (error, expected) in [
            (AppError::RateLimited { retry_after_secs: 1 }, "Too many attempts. Try again in 1 second."),
            (AppError::RateLimited { retry_after_secs: 7 }, "Too many attempts. Try again in 7 seconds."),
            (AppError::RateLimited { retry_after_secs: 120 }, "Too many attempts. Try again in 120 seconds."),
            (AppError::RateLimited { retry_after_secs: 121 }, "Too many attempts. Try again in 3 minutes."),
            (AppError::RateLimited { retry_after_secs: 2_880 }, "Too many attempts. Try again in 48 minutes."),
            (AppError::invalid("handle", InvalidHandle::TooShort), "A handle must have at least 2 characters."),
            (AppError::invalid("handle", InvalidHandle::TooLong), "A handle can have at most 32 characters."),
            (AppError::invalid("name", InvalidDisplayName::TooLong), "A name can have at most 64 characters."),
            (AppError::invalid("password", InvalidPassword::TooShort), "A password must have at least 10 characters."),
            (AppError::invalid("password", InvalidPassword::TooLong), "A password can have at most 256 characters."),
            (
                AppError::invalid("body", InvalidBody::TooLong(1025)),
                "A message can have at most 1024 characters; yours has 1025.",
            ),
        ] {
            assert_eq!(sentence(&error), expected);
        }
    }
}
