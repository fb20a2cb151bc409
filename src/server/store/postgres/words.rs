//! Folding of names and searches to words, so that a search finds a name however both are written.
//!
//! A word is folded: without case, accents and invisible characters. It may begin anywhere in a name where a reader
//! sees the beginning of a word, and a search is found if each of its words begins one of the name.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::domain::text::{is_dense, is_invisible, is_word_character};

/// Maximum number of characters of a word that are compared.
const WORD_LEN_MAX: usize = 64;

/// Maximum number of words of a user. The old app limited neither names nor handles.
const WORDS_MAX: usize = 256;

/// Returns the words by which a user is found.
pub(super) fn of_user(handle: &str, name: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for token in [handle, name].into_iter().flat_map(tokens) {
        let starts = starts(&token);
        words.extend(starts.iter().map(|start| shortened(&token[*start..])));
        if is_joined(&token) {
            words.insert(shortened(&unjoined(&token)));
        }
        if words.len() > WORDS_MAX {
            break;
        }
    }
    words
}

/// Returns a search as a query for PostgreSQL's `tsquery`; `None` if it has no words.
pub(super) fn query(search: &str) -> Option<String> {
    let all = |words: Vec<String>| words.iter().map(|word| prefix(word)).collect::<Vec<_>>().join(" & ");
    let of_word = |token: &str| match is_joined(token) {
        // `Ana-Maria` also finds `Ana Maria`.
        true => {
            let parts = token.split(is_joint).filter(|part| !part.is_empty()).map(str::to_owned).collect();
            format!("({} | ({}))", prefix(token), all(parts))
        }
        false => prefix(token),
    };
    // `Lima, Ana` also finds `Ana Lima`.
    let of_token = |token: String| match token.trim_matches(is_punctuation) {
        bare if bare.is_empty() || bare == token => of_word(&token),
        bare => format!("({} | {})", of_word(&token), of_word(bare)),
    };
    let words: Vec<_> = searched(search).into_iter().map(of_token).collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

/// Reports whether PostgreSQL finds a user with these names by the [`query`] of a search.
pub(super) fn finds(search: &str, handle: &str, name: &str) -> bool {
    let words = of_user(handle, name);
    let begins = |part: &str| words.iter().any(|word| word.starts_with(&shortened(part)));
    let has_word = |token: &str| {
        begins(token) || (is_joined(token) && token.split(is_joint).filter(|part| !part.is_empty()).all(begins))
    };
    let has_token = |token: &String| match token.trim_matches(is_punctuation) {
        "" => has_word(token),
        bare => has_word(token) || has_word(bare),
    };
    let tokens = searched(search);
    !tokens.is_empty() && tokens.iter().all(has_token)
}

/// Returns the tokens of a search. Punctuation alone counts only if it is all there is.
fn searched(search: &str) -> Vec<String> {
    let is_bare = |token: &String| token.trim_matches(is_punctuation).is_empty();
    let (punctuation, tokens): (Vec<_>, Vec<_>) = tokens(search).take(WORDS_MAX).partition(is_bare);
    if tokens.is_empty() { punctuation } else { tokens }
}

/// Quotes a word as the beginning of a lexeme.
fn prefix(word: &str) -> String {
    format!("'{}':*", shortened(word).replace('\\', "\\\\").replace('\'', "''"))
}

fn shortened(word: &str) -> String {
    word.chars().take(WORD_LEN_MAX).collect()
}

/// Splits a text at white space into folded tokens.
fn tokens(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).map(folded);
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().into_iter()
}

/// Folds a text: compatible forms and cases become one, accents are dropped, and so are invisible characters.
pub fn folded(text: &str) -> String {
    // The capital sharp s is an upper case of its own: only its lower case becomes `ss` in upper case.
    let upper = text.nfkd().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    let text: String = upper.flat_map(char::to_lowercase).collect();
    let kept = text.nfkd().filter(|c| !is_invisible(*c) && !is_accent(*c));
    let mut folded = String::new();
    kept.for_each(|c| push_letter(&mut folded, c));
    folded.nfc().collect()
}

/// Accents, vowel points and tone marks. Not the marks of Indic scripts and kana, which make another letter: their
/// classes are 0, 8 and 9.
fn is_accent(c: char) -> bool {
    !matches!(canonical_combining_class(c), 0 | 8 | 9)
}

/// Appends a letter. Those that Unicode does not decompose are written as people type them without the right keyboard.
fn push_letter(folded: &mut String, c: char) {
    match c {
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ħ' => folded.push('h'),
        'ŧ' => folded.push('t'),
        'ı' => folded.push('i'),
        'ŋ' => folded.push('n'),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        // Arabic letters that Persian and Urdu write otherwise, and the stretching of a word.
        'ٱ' => folded.push('ا'),
        'ى' | 'ی' => folded.push('ي'),
        'ک' => folded.push('ك'),
        'ة' | 'ہ' | 'ھ' => folded.push('ه'),
        'ـ' => (),
        // Katakana, of which hiragana is the same syllable.
        '\u{30A1}'..='\u{30F6}' => folded.extend(char::from_u32(u32::from(c) - 0x60)),
        '’' | '‘' | 'ʼ' | 'ʻ' | 'ʹ' | '`' | '´' | '′' => folded.push('\''),
        '‐' | '‑' | '‒' | '–' | '—' | '−' => folded.push('-'),
        _ => folded.push(c),
    }
}

/// Punctuation that is written before or after a word.
fn is_punctuation(c: char) -> bool {
    ",.;:!?()[]\"'“”„«»…،、。".contains(c)
}

/// Characters between two words that a search may leave out.
fn is_joint(c: char) -> bool {
    matches!(c, '\'' | '-')
}

/// Returns true if an apostrophe or a hyphen is between two letters.
fn is_joined(token: &str) -> bool {
    let chars: Vec<_> = token.chars().collect();
    chars.windows(3).any(|it| is_joint(it[1]) && is_word_character(it[0]) && is_word_character(it[2]))
}

fn unjoined(token: &str) -> String {
    token.chars().filter(|c| !is_joint(*c)).collect()
}

/// Returns the places at which a word begins.
fn starts(token: &str) -> Vec<usize> {
    let mut previous = None;
    let mut starts = Vec::new();
    for (at, c) in token.char_indices() {
        let class = Class::of(c);
        let begins = previous != Some(class) && (class != Class::Other || !c.is_ascii());
        if at == 0 || class == Class::Dense || begins {
            starts.push(at);
        }
        previous = Some(class);
    }
    starts
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Letters of a script without spaces: a word may begin at each.
    Dense,
    Word,
    /// Punctuation and symbols.
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            _ if is_dense(c) => Self::Dense,
            _ if is_word_character(c) => Self::Word,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // F36
    #[test]
    fn a_name_is_found_however_it_is_written() {
        for (search, name) in [
            ("jose", "José"),
            ("JOSE\u{301}", "José"),
            ("José", "Jose\u{301}"),
            ("小龙", "李小龙"),
            ("李", "李小龙"),
            ("龙", "李小龙"),
            ("brien", "Conan O'Brien"),
            ("obrien", "Conan O’Brien"),
            ("o'brien", "O’Brien"),
            ("o brien", "O'Brien"),
            ("luisa maria", "Maria-Luisa"),
            ("maria-luisa", "Maria Luisa"),
            ("marialuisa", "Maria-Luisa"),
            ("strasse", "Straße"),
            ("STRASSE", "straße"),
            ("groß", "GROẞ"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ozturk", "Öztürk"),
            ("istanbul", "İSTANBUL"),
            ("lukasz", "Łukasz"),
            ("soren", "Søren"),
            ("nguyen", "Nguyễn"),
            ("федор", "Фёдор"),
            ("ана", "АНА"),
            ("김", "김철수"),
            ("철수", "김철수"),
            ("さとう", "サトウ"),
            ("ﾊﾅｺ", "ハナコ"),
            ("ana", "ＡＮＡ"),
            ("ชาย", "สมชาย"),
            ("احمد", "أَحْمَد"),
            ("على", "علی"),
            ("שלום", "שָׁלוֹם"),
            ("lima", "Ana(Lima)"),
            ("ana", "👍Ana"),
            ("👍", "Ana👍"),
            ("lima ana", "Ana Lima"),
            ("Lima, Ana", "Ana Lima"),
            ("dr. zed", "Dr Zed"),
            ("(“ana”)", "Ana"),
            ("ana.", "Ana."),
            ("ana\u{200b}", "Ana"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert!(finds(search, "x", name), "{search} in {name}: {:?}", of_user("x", name));
        }
    }

    #[test]
    fn every_character_is_found_in_either_case() {
        for c in '\0'..=char::MAX {
            let (lower, upper): (String, String) = (c.to_lowercase().collect(), c.to_uppercase().collect());
            let either = [lower, upper].map(|text| folded(&text));
            assert_eq!(either, [folded(&c.to_string()), either[0].clone()], "{c} U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn a_search_needs_all_its_words_and_their_beginnings() {
        for (search, name) in
            [("ria", "Maria"), ("ana ben", "Ana Lima"), ("%", "50% off"), ("a%", "Ana"), ("_", "a_b"), ("か", "が")]
        {
            assert!(!finds(search, "x", name), "{search} in {name}: {:?}", of_user("x", name));
        }
    }

    #[test]
    fn a_query_quotes_its_words() {
        assert_eq!(query(r"o'brien back\s"), Some(r"('o''brien':* | ('o':* & 'brien':*)) & 'back\\s':*".to_owned()));
        assert_eq!(query("lima, …"), Some("('lima,':* | 'lima':*)".to_owned()));
        assert_eq!(query("…"), Some("'...':*".to_owned()));
        assert_eq!(query(" \u{200b} "), None);
    }
}
