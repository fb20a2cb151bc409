//! Classes of characters. The tables are our own and small, because the browser has them, too; a test holds them equal
//! to those of Unicode.

/// Characters that show nothing, besides white space and control characters: Unicode's `Default_Ignorable_Code_Point`,
/// and others that fonts draw as an empty space.
const INVISIBLE: [(u32, u32); 24] = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    // Braille pattern blank.
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    // Also the annotation and object replacement characters.
    (0xFFF0, 0xFFFC),
    // Blank signs of four scripts.
    (0x13441, 0x13442),
    (0x16FE4, 0x16FE4),
    (0x1BCA0, 0x1BCA3),
    (0x1D159, 0x1D159),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
    (0xFFFE, 0xFFFF),
    (0x1FFFE, 0x1FFFF),
];

/// Invisible characters that change the shape of their neighbors: joiners in Arabic and Indic scripts and in emoji,
/// variation selectors, and the tags of flags.
const SHAPING: [(u32, u32); 7] = [
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x180B, 0x180F),
    (0x200C, 0x200D),
    (0xFE00, 0xFE0F),
    (0xE0020, 0xE007F),
    (0xE0100, 0xE01EF),
];

/// Unicode's `Bidi_Control`.
const DIRECTION: [(u32, u32); 4] = [(0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069)];

/// Invisible characters that take up space: they separate words.
const FILLERS: [(u32, u32); 3] = [(0x2800, 0x2800), (0x3164, 0x3164), (0xFFA0, 0xFFA0)];

pub(super) fn is_in(table: &[(u32, u32)], c: char) -> bool {
    table.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

/// Returns true for a character that shows nothing: white space, a control character, or an ignorable one.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_in(&INVISIBLE, c)
        || (u32::from(c) > 0xFFFF && u32::from(c) & 0xFFFE == 0xFFFE)
}

/// Returns true for an invisible character that a script or an emoji needs.
pub fn is_shaping(c: char) -> bool {
    is_in(&SHAPING, c)
}

/// Returns true for an invisible character that no text needs, such as a zero-width space.
pub fn is_zero_width(c: char) -> bool {
    let takes_space = c.is_whitespace() || is_in(&FILLERS, c);
    is_invisible(c) && !takes_space && !c.is_control() && !is_shaping(c) && !is_direction_control(c)
}

/// Returns true for a character that changes the direction of the text around it.
pub fn is_direction_control(c: char) -> bool {
    is_in(&DIRECTION, c)
}

/// Returns true for a character without a meaning of its own: each font draws something else.
pub fn is_private_use(c: char) -> bool {
    matches!(u32::from(c), 0xE000..=0xF8FF | 0xF0000..=0xFFFFD | 0x10_0000..=0x10_FFFD)
}

/// Returns true for a character that ends a line (Unicode Standard Annex 14).
pub fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns true for a control character that a message cannot contain. Line breaks have become `\n` before.
pub fn is_forbidden_in_messages(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// Returns true for a character with which a name could be shown as another name.
pub fn is_forbidden_in_names(c: char) -> bool {
    c.is_control() || is_line_break(c) || is_direction_control(c) || is_private_use(c)
}

/// Returns true for a text that shows nothing.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Removes white space and ignorable characters from both ends. Control characters stay: such a text is damaged.
pub fn trim_invisible(text: &str) -> &str {
    text.trim_matches(|c: char| is_invisible(c) && (c.is_whitespace() || !c.is_control()))
}

#[cfg(test)]
mod tests {
    use icu_properties::CodePointSetData;
    use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, WhiteSpace};
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

    use super::*;

    fn all() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    // F35
    #[test]
    fn what_unicode_ignores_or_calls_white_space_is_invisible() {
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let white_space = CodePointSetData::new::<WhiteSpace>();
        for c in all() {
            let is_in_unicode = ignorable.contains(c) || white_space.contains(c) || c.is_control();
            assert!(!is_in_unicode || is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn letters_marks_and_symbols_are_visible() {
        let others = |c: char| {
            ['\u{2800}', '\u{3164}', '\u{FFA0}', '\u{115F}', '\u{1160}', '\u{FFFC}', '\u{1D159}', '\u{16FE4}']
                .contains(&c)
                || matches!(
                    c,
                    '\u{13441}' | '\u{13442}' | '\u{17B4}' | '\u{17B5}' | '\u{34F}' | '\u{180B}'..='\u{180F}'
                )
                || matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
        };
        for c in all().filter(|c| is_invisible(*c) && !others(*c)) {
            let category = c.general_category();
            let is_empty = matches!(
                category,
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::SpaceSeparator
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
                    | GeneralCategory::Unassigned
            );
            assert!(is_empty, "{c:?} is {category:?}");
        }
    }

    #[test]
    fn direction_controls_and_private_use_are_those_of_unicode() {
        let direction = CodePointSetData::new::<BidiControl>();
        for c in all() {
            assert_eq!(is_direction_control(c), direction.contains(c), "{c:?}");
            assert_eq!(is_private_use(c), c.general_category() == GeneralCategory::PrivateUse, "{c:?}");
        }
    }

    #[test]
    fn a_character_is_needed_or_zero_width_or_neither_but_never_both() {
        for c in all().filter(|c| is_zero_width(*c)) {
            assert!(is_invisible(c) && !is_shaping(c) && !c.is_whitespace(), "{c:?}");
        }
        assert!(['\u{200b}', '\u{2060}', '\u{feff}', '\u{ad}'].into_iter().all(is_zero_width));
        assert!(!['\u{200c}', '\u{200d}', '\u{fe0f}', '\u{e0067}', ' ', '\u{3164}'].into_iter().any(is_zero_width));
    }
}
