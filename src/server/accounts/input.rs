//! Parsing and validation of the fields of account forms.

use secrecy::SecretString;

use crate::domain::error::AppError;
use crate::domain::field_error::{FieldCode, FieldError};
use crate::domain::password as rule;
use crate::domain::password::InvalidPassword;
use crate::domain::user::{DisplayName, Handle};

/// Maximum length of an e-mail address in bytes (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const EMAIL_LEN_MAX: usize = 254;

/// Maximum number of digits of a confirmation code. Cognito's codes have 6.
const CODE_LEN_MAX: usize = 12;

/// Errors of a form, collected field by field, so that all of them are reported at once.
#[derive(Default)]
pub struct FormErrors(Vec<FieldError>);

impl FormErrors {
    /// Returns the parsed field, or records its error.
    pub fn check<T, E: Into<FieldCode>>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|reason| self.0.push(FieldError::new(field, reason))).ok()
    }

    /// Converts the collected errors into the error of the response.
    pub fn into_error(self) -> AppError {
        AppError::Invalid(self.0)
    }
}

/// A valid sign-up form.
#[derive(Debug)]
pub struct NewAccount {
    pub name: DisplayName,
    /// The requested handle. The user may get another one if it is taken.
    pub handle: Handle,
    /// In lower case.
    pub email: String,
    /// Meets our own rule. A user pool that we did not create may demand more.
    pub password: SecretString,
}

impl NewAccount {
    /// Parses the form.
    pub fn parse(name: &str, handle: &str, address: &str, secret: String) -> Result<Self, AppError> {
        let mut errors = FormErrors::default();
        let name = errors.check("name", DisplayName::parse(name));
        let handle = errors.check("handle", Handle::parse(handle));
        let email = errors.check("email", email(address));
        let password = errors.check("password", new_password(secret));
        match (name, handle, email, password) {
            (Some(name), Some(handle), Some(email), Some(password)) => Ok(Self { name, handle, email, password }),
            _ => Err(errors.into_error()),
        }
    }
}

/// Parses an e-mail address: trimmed, lower case. Only the general form is checked; the confirmation code proves that
/// the mailbox exists.
pub fn email(text: &str) -> Result<String, FieldCode> {
    let text = text.trim().to_lowercase();
    let is_address = text.split_once('@').is_some_and(|(mailbox, host)| {
        !mailbox.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    match text {
        _ if text.is_empty() => Err(FieldCode::EmailBlank),
        _ if text.len() > EMAIL_LEN_MAX => Err(FieldCode::EmailTooLong),
        _ if !is_address || text.chars().any(|c| c.is_whitespace() || c.is_control()) => Err(FieldCode::EmailMalformed),
        _ => Ok(text),
    }
}

/// Parses the password of an existing account. Rejects only a blank or too long one, because it may be older than the
/// current rule.
pub fn password(text: String) -> Result<SecretString, InvalidPassword> {
    match rule::check(&text) {
        Err(reason @ (InvalidPassword::Blank | InvalidPassword::TooLong)) => Err(reason),
        Ok(()) | Err(InvalidPassword::TooShort | InvalidPassword::SurroundingSpace) => Ok(SecretString::from(text)),
    }
}

/// Parses a password to be set. It is checked here because Cognito validates the password only when the account does
/// not exist; its error would reveal which addresses are registered.
pub fn new_password(text: String) -> Result<SecretString, InvalidPassword> {
    rule::check(&text).map(|()| SecretString::from(text))
}

/// Parses a confirmation code. Spaces are ignored, because mail programs add them when a code is copied.
pub fn code(text: &str) -> Result<String, FieldCode> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match text.len() {
        0 => Err(FieldCode::CodeBlank),
        1..=CODE_LEN_MAX if text.chars().all(|c| c.is_ascii_digit()) => Ok(text),
        _ => Err(FieldCode::CodeMalformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_is_trimmed_and_lower_case() {
        assert_eq!(email(" Ana.Lima+x@Example.COM "), Ok("ana.lima+x@example.com".to_owned()));
        for text in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "a@b@c",
            "ana@.com",
            "a na@example.com",
            "ana@example.com\u{0}",
            &format!("{}@example.com", "a".repeat(250)),
        ] {
            assert!(email(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_code_consists_of_digits_and_its_spaces_are_ignored() {
        assert_eq!(code(" 123 456 "), Ok("123456".to_owned()));
        assert!(code("").is_err() && code("12345a").is_err() && code(&"1".repeat(13)).is_err());
    }

    #[test]
    fn a_short_password_still_signs_in_but_cannot_be_chosen() {
        assert!(password("short".to_owned()).is_ok());
        assert_eq!(new_password("short".to_owned()).err(), Some(InvalidPassword::TooShort));
        for parse in [password, new_password] {
            assert_eq!(parse(String::new()).err(), Some(InvalidPassword::Blank));
            assert_eq!(parse("x".repeat(257)).err(), Some(InvalidPassword::TooLong));
        }
    }

    #[test]
    fn all_errors_of_a_form_are_reported_at_once() {
        let error = NewAccount::parse(" ", "a b", "ana", String::new()).expect_err("four errors");
        for field in ["name", "handle", "email", "password"] {
            assert!(error.field(field).is_some(), "{field}");
        }
    }
}
