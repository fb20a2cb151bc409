//! Validation errors of form fields and of arguments.

use serde::{Deserialize, Serialize};

use crate::domain::message::InvalidBody;
use crate::domain::password::InvalidPassword;
use crate::domain::user::{InvalidDisplayName, InvalidHandle};

/// Validation error of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Flat", try_from = "Flat")]
pub struct FieldError {
    /// Name of the field in the form.
    pub field: String,
    pub code: FieldCode,
}

/// JSON of a [`FieldError`], without nesting: reading nested enums would cost a browser several kB of WASM.
#[derive(Serialize, Deserialize)]
struct Flat {
    field: String,
    code: String,
    /// The number of characters of a text that is too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
}

/// A code in JSON is of another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown code")]
pub struct UnknownCode;

/// Reason for which a field is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCode {
    Handle(InvalidHandle),
    /// The handle belongs to another user, or is reserved for its former owner.
    HandleTaken,
    /// As many former handles are reserved for the user as is allowed.
    HandleChangedTooOften,
    DisplayName(InvalidDisplayName),
    Password(InvalidPassword),
    Body(InvalidBody),
    EmailBlank,
    EmailTooLong,
    /// Not of the form of an e-mail address.
    EmailMalformed,
    /// The user's address already.
    EmailUnchanged,
    CodeBlank,
    /// Not a short sequence of digits.
    CodeMalformed,
    /// The sign-in was rejected. Covers every reason that must not be distinguished.
    SignInRefused,
    /// The current password was rejected before a change of the password.
    CurrentPasswordRefused,
    /// The confirmation code was rejected. Covers every reason that must not be distinguished.
    CodeRefused,
    /// The code of a second factor was rejected.
    SignInCodeRefused,
    /// The user pool rejected the sign-up without a reason.
    AccountRefused,
    /// The password meets our rule, but not that of the user pool.
    PasswordTooWeak,
    /// The user had this password before.
    PasswordUsedBefore,
    /// The password was set by an administrator and must be replaced first. Only servers of earlier versions answer
    /// with it.
    PasswordTemporary,
    /// The user pool demands a further step that this site does not support.
    UnsupportedChallenge,
    /// The operator has suspended the account. Said only after the correct password.
    AccountSuspended,
    /// The rules of the operator do not permit the request.
    NotPermitted,
    /// A firewall blocks the request.
    Blocked,
    /// The search text is too long or contains control characters.
    SearchInvalid,
    TimeInvalid,
    /// Not a single emoji.
    EmojiInvalid,
    /// The cursor was not made for this list.
    CursorInvalid,
    /// The cursor leads to newer entries, which this list does not have.
    NoNewerPage,
    /// A report without a reason.
    ReasonMissing,
    /// More conversations than a presence query may name.
    TooManyConversations,
}

impl FieldCode {
    /// All codes, without their counts.
    pub const ALL: [Self; 44] = [
        Self::Handle(InvalidHandle::Blank),
        Self::Handle(InvalidHandle::TooShort),
        Self::Handle(InvalidHandle::TooLong),
        Self::Handle(InvalidHandle::Character),
        Self::Handle(InvalidHandle::Reserved),
        Self::DisplayName(InvalidDisplayName::Blank),
        Self::DisplayName(InvalidDisplayName::TooLong),
        Self::DisplayName(InvalidDisplayName::Control),
        Self::DisplayName(InvalidDisplayName::Reserved),
        Self::Password(InvalidPassword::Blank),
        Self::Password(InvalidPassword::TooShort),
        Self::Password(InvalidPassword::TooLong),
        Self::Password(InvalidPassword::SurroundingSpace),
        Self::Password(InvalidPassword::EasyToGuess),
        Self::Body(InvalidBody::Blank),
        Self::Body(InvalidBody::TooLong(0)),
        Self::Body(InvalidBody::Control),
        Self::EmailBlank,
        Self::EmailTooLong,
        Self::EmailMalformed,
        Self::CodeBlank,
        Self::CodeMalformed,
        Self::SignInRefused,
        Self::CodeRefused,
        Self::AccountRefused,
        Self::PasswordTooWeak,
        Self::PasswordUsedBefore,
        Self::PasswordTemporary,
        Self::UnsupportedChallenge,
        Self::NotPermitted,
        Self::Blocked,
        Self::SearchInvalid,
        Self::TimeInvalid,
        Self::EmojiInvalid,
        Self::CursorInvalid,
        Self::NoNewerPage,
        Self::TooManyConversations,
        Self::HandleTaken,
        Self::HandleChangedTooOften,
        Self::CurrentPasswordRefused,
        Self::SignInCodeRefused,
        Self::EmailUnchanged,
        Self::AccountSuspended,
        Self::ReasonMissing,
    ];

    /// Returns the code in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handle(InvalidHandle::Blank) => "handle_blank",
            Self::Handle(InvalidHandle::TooShort) => "handle_too_short",
            Self::Handle(InvalidHandle::TooLong) => "handle_too_long",
            Self::Handle(InvalidHandle::Character) => "handle_character",
            Self::Handle(InvalidHandle::Reserved) => "handle_reserved",
            Self::HandleTaken => "handle_taken",
            Self::HandleChangedTooOften => "handle_changed_too_often",
            Self::DisplayName(InvalidDisplayName::Blank) => "display_name_blank",
            Self::DisplayName(InvalidDisplayName::TooLong) => "display_name_too_long",
            Self::DisplayName(InvalidDisplayName::Control) => "display_name_control",
            Self::DisplayName(InvalidDisplayName::Reserved) => "display_name_reserved",
            Self::Password(InvalidPassword::Blank) => "password_blank",
            Self::Password(InvalidPassword::TooShort) => "password_too_short",
            Self::Password(InvalidPassword::TooLong) => "password_too_long",
            Self::Password(InvalidPassword::SurroundingSpace) => "password_surrounding_space",
            Self::Password(InvalidPassword::EasyToGuess) => "password_easy_to_guess",
            Self::Body(InvalidBody::Blank) => "body_blank",
            Self::Body(InvalidBody::TooLong(_)) => "body_too_long",
            Self::Body(InvalidBody::Control) => "body_control",
            Self::EmailBlank => "email_blank",
            Self::EmailTooLong => "email_too_long",
            Self::EmailMalformed => "email_malformed",
            Self::EmailUnchanged => "email_unchanged",
            Self::CodeBlank => "code_blank",
            Self::CodeMalformed => "code_malformed",
            Self::SignInRefused => "sign_in_refused",
            Self::CurrentPasswordRefused => "current_password_refused",
            Self::CodeRefused => "code_refused",
            Self::SignInCodeRefused => "sign_in_code_refused",
            Self::AccountRefused => "account_refused",
            Self::PasswordTooWeak => "password_too_weak",
            Self::PasswordUsedBefore => "password_used_before",
            Self::PasswordTemporary => "password_temporary",
            Self::UnsupportedChallenge => "unsupported_challenge",
            Self::AccountSuspended => "account_suspended",
            Self::NotPermitted => "not_permitted",
            Self::Blocked => "blocked",
            Self::SearchInvalid => "search_invalid",
            Self::TimeInvalid => "time_invalid",
            Self::EmojiInvalid => "emoji_invalid",
            Self::CursorInvalid => "cursor_invalid",
            Self::NoNewerPage => "no_newer_page",
            Self::TooManyConversations => "too_many_conversations",
            Self::ReasonMissing => "reason_missing",
        }
    }

    fn with_count(self, count: usize) -> Self {
        match self {
            Self::Body(InvalidBody::TooLong(_)) => Self::Body(InvalidBody::TooLong(count)),
            code => code,
        }
    }
}

impl FieldError {
    /// Creates the error of the field with this name.
    pub fn new(field: &str, code: impl Into<FieldCode>) -> Self {
        Self { field: field.to_owned(), code: code.into() }
    }
}

impl From<FieldError> for Flat {
    fn from(error: FieldError) -> Self {
        let count = match error.code {
            FieldCode::Body(InvalidBody::TooLong(count)) => Some(count),
            _ => None,
        };
        Self { field: error.field, code: error.code.as_str().to_owned(), count }
    }
}

impl TryFrom<Flat> for FieldError {
    type Error = UnknownCode;

    fn try_from(flat: Flat) -> Result<Self, UnknownCode> {
        let code = FieldCode::ALL.into_iter().find(|code| code.as_str() == flat.code).ok_or(UnknownCode)?;
        Ok(Self { field: flat.field, code: code.with_count(flat.count.unwrap_or_default()) })
    }
}

impl From<InvalidHandle> for FieldCode {
    fn from(reason: InvalidHandle) -> Self {
        Self::Handle(reason)
    }
}

impl From<InvalidDisplayName> for FieldCode {
    fn from(reason: InvalidDisplayName) -> Self {
        Self::DisplayName(reason)
    }
}

impl From<InvalidPassword> for FieldCode {
    fn from(reason: InvalidPassword) -> Self {
        Self::Password(reason)
    }
}

impl From<InvalidBody> for FieldCode {
    fn from(reason: InvalidBody) -> Self {
        Self::Body(reason)
    }
}
