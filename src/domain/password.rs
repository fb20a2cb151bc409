//! What a password that somebody chooses must be. Said once: the user pool that we make, the check before it is asked,
//! what the pages say before and after, all take it from here.

use std::sync::LazyLock;

/// The fewest characters. Length is what counts: no kind of character is demanded (NIST SP 800-63B, 3.1.1.2).
pub const LEN_MIN: usize = 10;

/// The most characters: the user pool's own limit.
pub const LEN_MAX: usize = 256;

/// What to know before choosing one.
pub static HINT: LazyLock<String> =
    LazyLock::new(|| format!("At least {LEN_MIN} characters. A few words are easy to remember and hard to guess."));

/// Why a text cannot become a password, in words for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Nothing at all.
    #[error("Enter your password.")]
    Blank,
    /// Fewer than [`LEN_MIN`] characters.
    #[error("A password has at least {LEN_MIN} characters.")]
    TooShort,
    /// More than [`LEN_MAX`] characters.
    #[error("A password has at most {LEN_MAX} characters.")]
    TooLong,
    /// White space before or after it, which no user pool takes.
    #[error("A password cannot begin or end with a space.")]
    Edge,
}

/// Whether somebody may choose this password.
pub fn check(text: &str) -> Result<(), InvalidPassword> {
    match text.chars().count() {
        0 => Err(InvalidPassword::Blank),
        1..LEN_MIN => Err(InvalidPassword::TooShort),
        LEN_MIN..=LEN_MAX if text.trim() != text => Err(InvalidPassword::Edge),
        LEN_MIN..=LEN_MAX => Ok(()),
        _ => Err(InvalidPassword::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_of_any_characters() {
        for text in ["correct horse", "ааааааааааа", &"x".repeat(LEN_MIN), &"🎈".repeat(LEN_MAX)] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check(""), Err(InvalidPassword::Blank));
        assert_eq!(check(&"🎈".repeat(LEN_MIN - 1)), Err(InvalidPassword::TooShort));
        assert_eq!(check(&"x".repeat(LEN_MAX + 1)), Err(InvalidPassword::TooLong));
        for text in [" correct horse", "correct horse ", "correct horse\t"] {
            assert_eq!(check(text), Err(InvalidPassword::Edge), "{text:?}");
        }
    }
}
