//! Stored forms of texts: line breaks of messages, and names.

use std::borrow::Cow;

use super::characters::{
    is_direction_control, is_forbidden_in_messages, is_invisible, is_line_break, is_shaping, is_zero_width,
};

/// Returns the text with each line break as `\n`. A `\r\n` is one line break.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c != '\n' && is_line_break(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").chars().map(|c| if is_line_break(c) { '\n' } else { c }).collect())
}

/// Returns the text as a message can contain it: its line breaks as `\n`, and without other control characters.
pub fn typed(text: &str) -> Cow<'_, str> {
    match with_line_feeds(text) {
        text if !text.contains(is_forbidden_in_messages) => text,
        text => Cow::Owned(text.chars().filter(|c| !is_forbidden_in_messages(*c)).collect()),
    }
}

/// Returns the text of a name without what a reader cannot see: white space and ignorable characters around it, and
/// zero-width characters within it. Characters that a name must not contain stay, so that they can be refused.
pub fn name_of(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}');
    let is_edge = |c: char| match c {
        _ if c.is_control() => c.is_whitespace(),
        _ if is_direction_control(c) => is_mark(c),
        _ => is_invisible(c),
    };
    // A joiner or a variation selector at the end belongs to the character before it.
    let text = text.trim_start_matches(is_edge).trim_end_matches(|c| is_edge(c) && !is_shaping(c));
    text.chars().filter(|c| !is_zero_width(*c)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::message::{Body, InvalidBody};
    use crate::domain::text::is_blank;
    use crate::domain::user::{DisplayName, Handle, InvalidDisplayName};

    // F45
    #[test]
    fn each_line_break_becomes_a_line_feed_and_other_controls_are_dropped() {
        let pasted = "a\r\nb\rc\u{b}d\u{c}e\u{2028}f\u{2029}g\u{85}h\ti\u{0}\u{7}\u{1b}j";
        assert_eq!(typed(pasted), "a\nb\nc\nd\ne\nf\ng\nh\tij");
        assert!(matches!(typed("👩‍👩‍👧 \n ok"), Cow::Borrowed(_)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        // F35
        #[test]
        fn a_text_that_looks_blank_is_refused(
            text in prop::collection::vec(prop::sample::select(&**INVISIBLE), 0..9)
        ) {
            let text: String = text.into_iter().collect();
            prop_assert_eq!(Body::parse(&text), Err(InvalidBody::Blank));
            prop_assert_eq!(DisplayName::parse(&text), Err(InvalidDisplayName::Blank));
            let handle = text.clone() + "@" + &text;
            prop_assert!(Handle::parse(&handle).is_err());
        }

        #[test]
        fn a_stored_text_is_its_own_stored_form(text in any::<String>()) {
            if let Ok(body) = Body::parse(&text) {
                prop_assert_eq!(Body::parse(body.as_str()), Ok(body.clone()));
            }
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert!(!is_blank(name.as_str()));
                prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name.clone()));
                prop_assert_eq!(DisplayName::stored(name.to_string()), name);
            }
            prop_assert!(Body::parse(&typed(&text)) != Err(InvalidBody::Control));
        }
    }

    /// All invisible characters: among any characters they would be rare.
    static INVISIBLE: LazyLock<Vec<char>> = LazyLock::new(|| ('\0'..=char::MAX).filter(|c| is_invisible(*c)).collect());

    #[test]
    fn a_name_keeps_its_joiners_and_loses_what_is_only_invisible() {
        for (text, name) in [
            ("\u{feff} Ana\u{200b} \u{2060}", "Ana"),
            ("A\u{ad}n\u{200b}a", "Ana"),
            ("\u{200f}دانا\u{200f}", "دانا"),
            ("نامه\u{200c}ای", "نامه\u{200c}ای"),
            ("Ana \u{2764}\u{fe0f}", "Ana \u{2764}\u{fe0f}"),
            (
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            ),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(name_of(text), name, "{text:?}");
        }
    }
}
