//! Scripts: combining marks, and scripts that are written without spaces between words.

use super::characters::{is_in, is_invisible};

/// Combining marks of the Basic Multilingual Plane, with the letters and digits between them. Together with the
/// standard library's letters and digits they are the characters of words.
#[rustfmt::skip]
const MARKS: [(u32, u32); 78] = [
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C9),
    (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E8), (0x6EA, 0x6ED), (0x711, 0x7F3),
    (0x7FD, 0x7FD), (0x816, 0x82D), (0x859, 0x85B), (0x897, 0x8E1), (0x8E3, 0x963), (0x981, 0x9E3), (0x9FE, 0xA75),
    (0xA81, 0xAE3), (0xAFA, 0xB63), (0xB82, 0xBD7), (0xC00, 0xC63), (0xC81, 0xC83), (0xCBC, 0xD4D), (0xD57, 0xD63),
    (0xD81, 0xDF3), (0xE31, 0xE3A), (0xE47, 0xE4E), (0xEB1, 0xECE), (0xF18, 0xF19), (0xF35, 0xF35), (0xF37, 0xF37),
    (0xF39, 0xF39), (0xF3E, 0xF84), (0xF86, 0xFBC), (0xFC6, 0xFC6), (0x102B, 0x103E), (0x1056, 0x109D),
    (0x135D, 0x135F), (0x1712, 0x1734), (0x1752, 0x17D3), (0x17DD, 0x17DD), (0x180B, 0x180D), (0x180F, 0x193B),
    (0x1A17, 0x1A1B), (0x1A55, 0x1A7F), (0x1AB0, 0x1B44), (0x1B6B, 0x1B73), (0x1B80, 0x1BF3), (0x1C24, 0x1C37),
    (0x1CD0, 0x1CD2), (0x1CD4, 0x1DFF), (0x20D0, 0x20F0), (0x2CEF, 0x2CF1), (0x2D7F, 0x2DFF), (0x302A, 0x302F),
    (0x3099, 0x309A), (0xA66F, 0xA672), (0xA674, 0xA67D), (0xA69E, 0xA6F1), (0xA802, 0xA827), (0xA82C, 0xA82C),
    (0xA880, 0xA8C5), (0xA8E0, 0xA8F1), (0xA8FF, 0xA92D), (0xA947, 0xA953), (0xA980, 0xA9C0), (0xA9E5, 0xAA4D),
    (0xAA7B, 0xAAC1), (0xAAEB, 0xAAEF), (0xAAF5, 0xAAF6), (0xABE3, 0xABEA), (0xABEC, 0xABED), (0xFB1E, 0xFB1E),
    (0xFE20, 0xFE2F),
];

/// Returns true for a combining mark, such as an accent.
pub fn is_mark(c: char) -> bool {
    is_in(&MARKS, c) && !c.is_alphanumeric()
}

/// Returns true for a letter, a digit or a combining mark.
pub fn is_word_character(c: char) -> bool {
    // The fillers of Hangul are letters.
    (c.is_alphanumeric() || is_mark(c)) && !is_invisible(c)
}

/// Returns true for a letter of a script without spaces between words. In such a script each letter may begin a word,
/// and one letter says much.
pub fn is_dense(c: char) -> bool {
    is_particle(c)
        || matches!(
            u32::from(c),
            0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x30A1..=0x30FA | 0x30FC..=0x312F | 0x31A0..=0x31FF
                | 0x3400..=0x4DBF | 0x4E00..=0xA4CF | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x16FE0..=0x18DFF
                | 0x1AFF0..=0x1B2FF | 0x20000..=0x3FFFD
        )
}

/// Returns true for a letter of a dense script in which words of grammar follow a foreign word without a space:
/// hiragana, hangul, Thai, Lao, Myanmar, Khmer.
pub fn is_particle(c: char) -> bool {
    matches!(
        u32::from(c),
        0xE01..=0xE3A | 0xE40..=0xEDF | 0x1000..=0x109F | 0x1100..=0x115E | 0x1161..=0x11FF | 0x1780..=0x17D3
            | 0x3041..=0x309F | 0x3131..=0x3163 | 0x3165..=0x318F | 0xA960..=0xA97F | 0xAC00..=0xD7FF
    )
}

/// Returns true for a pictograph, and for the characters that join or color pictographs.
pub fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x200D | 0x20E3 | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0xFE0F | 0x1F000..=0x1FAFF)
}

#[cfg(test)]
mod tests {
    use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

    use super::*;

    #[test]
    fn unicodes_marks_are_in_words_and_its_punctuation_is_not() {
        for c in ('\0'..='\u{FFFF}').filter(|c| !is_invisible(*c)) {
            match c.general_category_group() {
                GeneralCategoryGroup::Mark => assert!(is_word_character(c), "{c:?}"),
                GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Separator => {
                    assert!(!is_word_character(c), "{c:?}");
                }
                // The letters are those of the standard library, whose tables may be of another version.
                GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Symbol
                | GeneralCategoryGroup::Other => (),
            }
        }
    }

    #[test]
    fn scripts_without_spaces_are_dense_and_others_are_not() {
        for c in "李龍王あアｱ김ㄱไทยລາວមမ".chars() {
            assert!(is_dense(c), "{c}");
        }
        for c in "aéßжאمदഅ1.👍 ".chars() {
            assert!(!is_dense(c), "{c}");
        }
    }
}
