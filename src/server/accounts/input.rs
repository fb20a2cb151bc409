//! Parsing and validation of the fields of account forms.

use secrecy::SecretString;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::domain::error::AppError;
use crate::domain::field_error::{FieldCode, FieldError};
use crate::domain::password as rule;
use crate::domain::password::InvalidPassword;
use crate::domain::text;
use crate::domain::user::{DisplayName, Handle, InvalidDisplayName};
use crate::server::accounts::password_strength;
use crate::server::reserved_words::{choose_handle, choose_name};

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
    /// In the form of [`email`].
    pub email: String,
    /// Meets our own rule. A user pool that we did not create may demand more.
    pub password: SecretString,
}

impl NewAccount {
    /// Parses the form.
    pub fn parse(name_text: &str, handle_text: &str, address: &str, secret: String) -> Result<Self, AppError> {
        let mut errors = FormErrors::default();
        let name = errors.check("name", name(name_text));
        let handle = errors.check("handle", choose_handle(handle_text));
        let email = errors.check("email", email(address));
        let password = errors.check("password", new_password(secret, &[name_text, handle_text, address]));
        match (name, handle, email, password) {
            (Some(name), Some(handle), Some(email), Some(password)) => Ok(Self { name, handle, email, password }),
            _ => Err(errors.into_error()),
        }
    }
}

/// Parses a display name.
pub fn name(text: &str) -> Result<DisplayName, InvalidDisplayName> {
    choose_name(text)
}

/// Parses an e-mail address to the one form of its mailbox, so that one mailbox has one account: lower case, composed
/// accents, and the host in ASCII (UTS 46). Invisible characters around it are ignored. Only the general form is
/// checked; the confirmation code proves that the mailbox exists.
pub fn email(text: &str) -> Result<String, FieldCode> {
    let text = text::trim_invisible(text).replace('＠', "@");
    if text.is_empty() {
        return Err(FieldCode::EmailBlank);
    }
    if text.len() > EMAIL_LEN_MAX {
        return Err(FieldCode::EmailTooLong);
    }
    let address = address(&text).ok_or(FieldCode::EmailMalformed)?;
    if address.len() > EMAIL_LEN_MAX { Err(FieldCode::EmailTooLong) } else { Ok(address) }
}

fn address(text: &str) -> Option<String> {
    let (mailbox, host) = text.split_once('@')?;
    if mailbox.is_empty() || text.contains(text::is_invisible) || text.contains(text::is_private_use) {
        return None;
    }
    let host = idna::domain_to_ascii(host).ok()?;
    let is_host = !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.');
    let mailbox: String = mailbox.to_lowercase().nfc().collect();
    is_host.then(|| format!("{mailbox}@{host}"))
}

/// Parses the password of an existing account. Rejects only a blank or too long one, because it may be older than the
/// current rule.
pub fn password(text: String) -> Result<SecretString, InvalidPassword> {
    match rule::check(&text) {
        Err(reason @ (InvalidPassword::Blank | InvalidPassword::TooLong)) => Err(reason),
        Ok(()) | Err(InvalidPassword::TooShort | InvalidPassword::SurroundingSpace | InvalidPassword::EasyToGuess) => {
            Ok(SecretString::from(text))
        }
    }
}

/// Parses a password to be set. It is checked here because Cognito validates the password only when the account does
/// not exist; its error would reveal which addresses are registered. `own` is what is known of the user: name, handle,
/// e-mail address. A password made of these is rejected. Cost: some milliseconds.
pub fn new_password(text: String, own: &[&str]) -> Result<SecretString, InvalidPassword> {
    rule::check(&text)?;
    if password_strength::is_easy_to_guess(&text, own) {
        return Err(InvalidPassword::EasyToGuess);
    }
    Ok(SecretString::from(text))
}

/// Parses a confirmation code. Its digits may be of any script. Everything else but letters is ignored, because mail
/// programs and people separate the digits.
pub fn code(text: &str) -> Result<String, FieldCode> {
    let digits: Option<String> =
        text.chars().filter(|c| text::is_word_character(*c) && !text::is_mark(*c)).map(ascii_digit).collect();
    match digits {
        Some(digits) if digits.is_empty() => Err(FieldCode::CodeBlank),
        Some(digits) if digits.len() <= CODE_LEN_MAX => Ok(digits),
        _ => Err(FieldCode::CodeMalformed),
    }
}

/// Returns the value of a decimal digit of any script as an ASCII digit.
fn ascii_digit(c: char) -> Option<char> {
    let is_digit = |c: &char| c.general_category() == GeneralCategory::DecimalNumber;
    // Unicode has the ten digits of a script in order, without gaps, and some blocks several times.
    let before = (0..u32::from(c)).rev().map_while(char::from_u32).take_while(is_digit).count();
    is_digit(&c).then(|| char::from_digit((before % 10) as u32, 10)).flatten()
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

    // F30
    #[test]
    fn invisible_characters_around_an_email_address_are_ignored_and_within_it_rejected() {
        for text in
            ["\u{200b}ana@example.com\u{feff}", "\u{2060} ana＠example.com\u{ad}", "\u{202a}ana@example.com\u{202c}"]
        {
            assert_eq!(email(text), Ok("ana@example.com".to_owned()), "{text:?}");
        }
        for blank in ["\u{200b}", "\u{3164} \u{feff}"] {
            assert_eq!(email(blank), Err(FieldCode::EmailBlank), "{blank:?}");
        }
        for text in ["an\u{200b}a@example.com", "ana\u{200d}@example.com", "ana@\u{200b}example.com"] {
            assert_eq!(email(text), Err(FieldCode::EmailMalformed), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_one_form_however_its_accents_are_typed() {
        assert_eq!(name("Zoe\u{308} Lu\u{301}cia").map(|name| name.to_string()), Ok("Zoë Lúcia".to_owned()));
        // A singleton: the sign of a unit and the letter that it stands for.
        assert_eq!(name("\u{212b}sa"), name("\u{c5}sa"));
    }

    // F31
    #[test]
    fn one_mailbox_has_one_form() {
        for text in [
            "ana@bücher.example",
            "ana@xn--bcher-kva.example",
            "Ana@BÜCHER.example",
            "ana@bu\u{308}cher.example",
            "ana@bücher。example",
            "ana@XN--BCHER-KVA.EXAMPLE",
        ] {
            assert_eq!(email(text), Ok("ana@xn--bcher-kva.example".to_owned()), "{text}");
        }
        assert_eq!(email("e\u{301}va@example.com"), email("Éva@example.com"));
        assert_eq!(email("ana@xn--a"), Err(FieldCode::EmailMalformed));
    }

    #[test]
    fn a_code_consists_of_digits_and_its_spaces_are_ignored() {
        assert_eq!(code(" 123 456 "), Ok("123456".to_owned()));
        assert!(code("").is_err() && code("12345a").is_err() && code(&"1".repeat(13)).is_err());
    }

    // F30
    #[test]
    fn a_code_may_have_separators_and_digits_of_any_script() {
        for text in [
            "123-456",
            "123.456",
            "(123\u{a0}456)",
            "\u{200b}123456\u{feff}",
            "１２３４５６",
            "١٢٣٤٥٦",
            "१२३४५६",
            "𝟏𝟐𝟑𝟜𝟝𝟞",
            "1\u{fe0f}\u{20e3}23–456",
        ] {
            assert_eq!(code(text), Ok("123456".to_owned()), "{text}");
        }
        for text in ["一二三", "12345½", "１２３a"] {
            assert_eq!(code(text), Err(FieldCode::CodeMalformed), "{text}");
        }
        assert_eq!(code("\u{3164}-\u{200b}"), Err(FieldCode::CodeBlank));
        for (digits, c) in
            ('\0'..=char::MAX).filter(|c| c.general_category() == GeneralCategory::DecimalNumber).enumerate()
        {
            assert_eq!(ascii_digit(c), char::from_digit((digits % 10) as u32, 10), "{c}");
        }
    }

    #[test]
    fn a_short_or_common_password_still_signs_in_but_cannot_be_chosen() {
        assert!(password("short".to_owned()).is_ok());
        let new_password = |text: String| new_password(text, &[]);
        assert_eq!(new_password("short".to_owned()).err(), Some(InvalidPassword::TooShort));
        for common in ["password123", "qwertyuiop"] {
            assert!(password(common.to_owned()).is_ok(), "{common}");
            assert_eq!(new_password(common.to_owned()).err(), Some(InvalidPassword::EasyToGuess), "{common}");
        }
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
