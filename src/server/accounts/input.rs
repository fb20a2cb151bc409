//! What people type into the forms of an account.

use std::fmt;

use secrecy::SecretString;

use crate::domain::error::{AppError, FieldError};
use crate::domain::password as rule;
use crate::domain::password::InvalidPassword;
use crate::domain::user::{DisplayName, Handle};

/// The most bytes of an e-mail address (RFC 5321, section 4.5.3.1.3, less the brackets).
const EMAIL_LEN_MAX: usize = 254;

/// The most digits of a code. Cognito's have 6.
const CODE_LEN_MAX: usize = 12;

/// What is wrong with a form, gathered field by field: whoever made two mistakes hears of both.
#[derive(Default)]
pub struct Mistakes(Vec<FieldError>);

impl Mistakes {
    /// Takes a field that was read, or notes why it cannot be.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|reason| self.0.push(FieldError { field: field.to_owned(), reason: reason.to_string() })).ok()
    }

    /// What to answer.
    pub fn into_error(self) -> AppError {
        AppError::Invalid(self.0)
    }
}

/// Who makes an account, as they typed it.
#[derive(Debug)]
pub struct NewAccount {
    /// The name that others read.
    pub name: DisplayName,
    /// The handle that they ask for.
    pub handle: Handle,
    /// The mailbox, lower case.
    pub email: String,
    /// One that keeps our rule. A user pool of somebody else's may ask for more.
    pub password: SecretString,
}

impl NewAccount {
    /// Reads the form.
    pub fn parse(name: &str, handle: &str, address: &str, secret: String) -> Result<Self, AppError> {
        let mut mistakes = Mistakes::default();
        let name = mistakes.take("name", DisplayName::parse(name));
        let handle = mistakes.take("handle", Handle::parse(handle));
        let email = mistakes.take("email", email(address));
        let password = mistakes.take("password", new_password(secret));
        match (name, handle, email, password) {
            (Some(name), Some(handle), Some(email), Some(password)) => Ok(Self { name, handle, email, password }),
            _ => Err(mistakes.into_error()),
        }
    }
}

/// Reads an e-mail address: trimmed, lower case. Only the form that every address has is asked for; whether it exists is
/// for the code to find out.
pub fn email(text: &str) -> Result<String, &'static str> {
    let text = text.trim().to_lowercase();
    let is_address = text.split_once('@').is_some_and(|(mailbox, host)| {
        !mailbox.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    match text {
        _ if text.is_empty() => Err("Enter your e-mail address."),
        _ if text.len() > EMAIL_LEN_MAX => Err("This e-mail address is too long."),
        _ if !is_address || text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            Err("This is not an e-mail address, such as ana@example.com.")
        }
        _ => Ok(text),
    }
}

/// Reads a password that there is: as it is, but not blank and not endless. It may be older than our rule.
pub fn password(text: String) -> Result<SecretString, InvalidPassword> {
    match rule::check(&text) {
        Err(reason @ (InvalidPassword::Blank | InvalidPassword::TooLong)) => Err(reason),
        Ok(()) | Err(InvalidPassword::TooShort | InvalidPassword::Edge) => Ok(SecretString::from(text)),
    }
}

/// Reads a password to be. A pool may look at it only once it knows that there is no such account: that one is refused
/// would tell.
pub fn new_password(text: String) -> Result<SecretString, InvalidPassword> {
    rule::check(&text).map(|()| SecretString::from(text))
}

/// Reads a code: spaces, as mail programs like to add them, are forgiven.
pub fn code(text: &str) -> Result<String, &'static str> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match text.len() {
        0 => Err("Enter the code from the e-mail."),
        1..=CODE_LEN_MAX if text.chars().all(|c| c.is_ascii_digit()) => Ok(text),
        _ => Err("A code is made of digits only."),
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
    fn a_code_is_digits_and_forgives_spaces() {
        assert_eq!(code(" 123 456 "), Ok("123456".to_owned()));
        assert!(code("").is_err() && code("12345a").is_err() && code(&"1".repeat(13)).is_err());
    }

    #[test]
    fn a_short_password_still_signs_in_but_is_not_chosen_any_more() {
        assert!(password("short".to_owned()).is_ok());
        assert_eq!(new_password("short".to_owned()).err(), Some(InvalidPassword::TooShort));
        for read in [password, new_password] {
            assert_eq!(read(String::new()).err(), Some(InvalidPassword::Blank));
            assert_eq!(read("x".repeat(257)).err(), Some(InvalidPassword::TooLong));
        }
    }

    #[test]
    fn every_mistake_of_a_form_is_told_at_once() {
        let refused = NewAccount::parse(" ", "a b", "ana", String::new()).expect_err("four mistakes");
        for field in ["name", "handle", "email", "password"] {
            assert!(refused.field(field).is_some(), "{field}");
        }
    }
}
