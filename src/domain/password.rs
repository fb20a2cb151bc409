//! Password rules. The user pool's policy, the check before a call to the pool, and the texts of the pages use the
//! constants of this file.

/// Minimum number of characters. No character classes are required (NIST SP 800-63B, 3.1.1.2).
pub const LEN_MIN: usize = 10;

/// Maximum number of characters: the user pool's own limit.
pub const LEN_MAX: usize = 256;

/// Reason for which a text is not a valid password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Empty.
    #[error("blank password")]
    Blank,
    /// Fewer than [`LEN_MIN`] characters.
    #[error("password too short")]
    TooShort,
    /// More than [`LEN_MAX`] characters.
    #[error("password too long")]
    TooLong,
    /// White space at the beginning or the end, which Cognito does not accept.
    #[error("space around a password")]
    SurroundingSpace,
    /// Common, or made of words that belong to the user. Only the server checks this.
    #[error("password easy to guess")]
    EasyToGuess,
}

/// Checks a new password.
pub fn check(text: &str) -> Result<(), InvalidPassword> {
    match text.chars().count() {
        0 => Err(InvalidPassword::Blank),
        1..LEN_MIN => Err(InvalidPassword::TooShort),
        LEN_MIN..=LEN_MAX if text.trim() != text => Err(InvalidPassword::SurroundingSpace),
        LEN_MIN..=LEN_MAX => Ok(()),
        _ => Err(InvalidPassword::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_have_any_characters_and_must_be_long_enough() {
        for text in ["correct horse", "ааааааааааа", &"x".repeat(LEN_MIN), &"🎈".repeat(LEN_MAX)] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check(""), Err(InvalidPassword::Blank));
        assert_eq!(check(&"🎈".repeat(LEN_MIN - 1)), Err(InvalidPassword::TooShort));
        assert_eq!(check(&"x".repeat(LEN_MAX + 1)), Err(InvalidPassword::TooLong));
        for text in [" correct horse", "correct horse ", "correct horse\t"] {
            assert_eq!(check(text), Err(InvalidPassword::SurroundingSpace), "{text:?}");
        }
    }
}
