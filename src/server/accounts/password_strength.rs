//! Rejection of passwords that are easy to guess: common ones and those that have become known, words, names, dates,
//! keyboard patterns, repetitions, and what belongs to the user or the product, also with some letters replaced.

use zxcvbn::{Score, zxcvbn};

use crate::server::store::postgres::words::folded;

/// Words of the product. A password made of one is easy to guess (ASVS 5.0, 6.1.2).
const PRODUCT_WORDS: [&str; 4] = ["cruddur", "crud", "messages", "bootcamp"];

/// Maximum number of characters of a password, and of each text that is known of the user, that are judged. The time
/// grows with both.
const JUDGED_LEN_MAX: usize = 40;

/// Characters that stand for letters in passwords. The time also grows with the combinations of those that are there.
const LETTERS_IN_DISGUISE: &str = "4@8({[<3691!|70$5+%2";

/// Maximum number of different ones that are tried. With more, none of them is.
const DISGUISES_MAX: usize = 8;

/// Minimum number of characters of a known word that is worth nothing in a password. Shorter ones are in many words.
const KNOWN_LEN_MIN: usize = 3;

/// Returns true if fewer than a hundred million guesses find the password. Rate limits and the pool's lockout keep an
/// attacker far below this number. `own` is what is known of the user; each of its words counts by itself, too, without
/// accents and as people write it without the right keyboard. What remains without the known words must take a million
/// guesses of its own.
pub(super) fn is_easy_to_guess(password: &str, own: &[&str]) -> bool {
    let own: Vec<String> = own.iter().map(|text| text.chars().take(JUDGED_LEN_MAX).collect()).collect();
    let known = known_words(&own);
    let words: Vec<&str> = known.iter().chain(&own).map(String::as_str).collect();
    let password = judged(password);
    if zxcvbn(&password, &words).score() < Score::Three {
        return true;
    }
    let whole = folded(&password);
    let rest = known.iter().fold(whole.clone(), |rest, word| rest.replace(word.as_str(), ""));
    let letters: String = rest.chars().filter(|c| c.is_alphanumeric()).collect();
    rest != whole && zxcvbn(&letters, &[]).score() < Score::Two
}

/// Returns the part of a password that is judged, in a form that takes little time.
fn judged(password: &str) -> String {
    let start: String = password.chars().take(JUDGED_LEN_MAX).collect();
    let disguises = LETTERS_IN_DISGUISE.chars().filter(|c| start.contains(*c)).count();
    match disguises > DISGUISES_MAX {
        true => start.replace(|c| LETTERS_IN_DISGUISE.contains(c), "_"),
        false => start,
    }
}

/// Returns the folded words of what is known, the longest first.
fn known_words(own: &[String]) -> Vec<String> {
    let transliterated = own.iter().map(|text| {
        let pairs = [("ä", "ae"), ("ö", "oe"), ("ü", "ue")];
        pairs.iter().fold(text.to_lowercase(), |text, (letter, letters)| text.replace(letter, letters))
    });
    let texts: Vec<String> = own.iter().cloned().chain(transliterated).collect();
    let wholes = texts.iter().map(|text| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    let parts = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
    let product = PRODUCT_WORDS.into_iter().map(str::to_owned);
    let mut known: Vec<String> = wholes.chain(parts).chain(product).map(|word| folded(&word)).collect();
    known.retain(|word| word.chars().count() >= KNOWN_LEN_MIN);
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    known.dedup();
    known
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

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
            "P@$$w0rd2026!",
            "Password123!Aa",
            "Qwertzuiop1!",
        ] {
            assert!(is_easy_to_guess(password, &[]), "{password}");
        }
    }

    #[test]
    fn words_of_the_product_and_of_the_user_are_easy_to_guess() {
        for password in ["cruddur123", "Cruddur2026!", "CruddurCruddur", "Cruddur-Messages-2026!", "crüddur-1234"] {
            assert!(is_easy_to_guess(password, &[]), "{password}");
        }
        let own = ["Wilhelmina Ørsted", "wilhelmina_o", "w.orsted@buecher.example"];
        for password in [
            "wilhelmina1",
            "Wilhelmina_o1",
            "W.orsted@buecher.example",
            "W1lhelmina!",
            "buecher2026",
            "WilhelminaØrsted!",
            "Orsted.Wilhelmina.2026",
        ] {
            assert!(is_easy_to_guess(password, &own), "{password}");
        }
        assert!(!is_easy_to_guess("buecher.orsted.wilhelmina", &["Ben", "ben", "ben@example.com"]));
        for password in ["ZoeMuller2026!", "ZoëMüller2026!", "zoe-mueller-1", "Mueller_Zoe!!"] {
            assert!(is_easy_to_guess(password, &["Zoë Müller"]), "{password}");
        }
        // A known word does no harm beside enough others.
        assert!(!is_easy_to_guess("wilhelmina eats purple kettles", &own));
    }

    #[test]
    fn unrelated_words_and_random_characters_are_not() {
        for password in [
            "correct horse",
            "my own words",
            "purple monkey",
            "Tr1cky-garden",
            "gL9#vQ2m!x",
            "xK3vbTq0ZrLw",
            "пароль для входа",
            "合言葉は誰も知らない秘密",
        ] {
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

    #[test]
    fn no_password_takes_long_to_judge() {
        let disguises = LETTERS_IN_DISGUISE.repeat(13);
        let own = vec!["4@8({[<3691!|70$5+%2 a b c d e f".repeat(2_000); 3];
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let began = Instant::now();
        for password in [&*disguises, &"4@8({[<3".repeat(32), &"a4b@c8d(e{f[g<h3".repeat(16)] {
            is_easy_to_guess(password, &own);
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}
