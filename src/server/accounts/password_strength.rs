//! Rejection of passwords that are easy to guess: common ones and those that have become known, words, names, dates,
//! keyboard patterns, repetitions, and what belongs to the user or the product, also with some letters replaced.

use zxcvbn::{Score, zxcvbn};

/// Words of the product. A password made of one is easy to guess (ASVS 5.0, 6.1.2).
const PRODUCT_WORDS: [&str; 4] = ["cruddur", "crud", "messages", "bootcamp"];

/// Returns true if fewer than a million guesses find the password. Rate limits and the pool's lockout keep an attacker
/// far below this number. `own` is what is known of the user; each of its words counts by itself, too.
pub(super) fn is_easy_to_guess(password: &str, own: &[&str]) -> bool {
    let words = own.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let known: Vec<&str> =
        own.iter().copied().chain(words).chain(PRODUCT_WORDS).filter(|word| !word.is_empty()).collect();
    zxcvbn(password, &known).score() < Score::Two
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_their_variants_are_easy_to_guess() {
        for password in [
            "password123",
            "Password1!",
            "P@ssw0rd2026",
            "passwordpassword",
            "qwertyuiop",
            "1234567890",
            "iloveyou12",
            "manchester",
            "basketball",
            "aaaaaaaaaa",
            "abcdefghij",
            "letmein1234",
            "🎈🎈🎈🎈🎈🎈🎈🎈🎈🎈",
            "аааааааааааа",
            "1q2w3e4r5t",
            "drowssap123",
        ] {
            assert!(is_easy_to_guess(password, &[]), "{password}");
        }
    }

    #[test]
    fn words_of_the_product_and_of_the_user_are_easy_to_guess() {
        for password in ["cruddur123", "Cruddur2026", "CruddurCruddur"] {
            assert!(is_easy_to_guess(password, &[]), "{password}");
        }
        let own = ["Wilhelmina Ørsted", "wilhelmina_o", "w.orsted@buecher.example"];
        for password in ["wilhelmina1", "Wilhelmina_o1", "W.orsted@buecher.example", "W1lhelmina!", "buecher2026"] {
            assert!(is_easy_to_guess(password, &own), "{password}");
            let strangers = ["Ben", "ben", "ben@example.com"];
            assert!(!is_easy_to_guess("buecher.orsted.wilhelmina", &strangers));
        }
    }

    #[test]
    fn unrelated_words_and_random_characters_are_not() {
        for password in
            ["correct horse", "my own words", "xK3vbTq0ZrLw", "пароль для входа", "合言葉は誰も知らない秘密"]
        {
            assert!(!is_easy_to_guess(password, &["Ana", "ana", "ana@example.com"]), "{password}");
        }
    }

    #[test]
    fn an_empty_and_the_longest_password_are_judged() {
        assert!(is_easy_to_guess("", &[""]));
        assert!(is_easy_to_guess(&"x".repeat(256), &[]));
        let longest: String = ('!'..='~').cycle().step_by(7).take(256).collect();
        assert!(!is_easy_to_guess(&longest, &["", " "]));
    }
}
