//! Validation of the emoji in reactions, by the tables of Unicode (UTS 51). They are too large for the browser.

use unicode_properties::{EmojiStatus, UnicodeEmoji};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::emoji::Emoji;

/// Maximum length in bytes of UTF-8. The longest emoji of Unicode 17, a couple with two skin tones, has 35.
const LEN_MAX: usize = 64;

const ZERO_WIDTH_JOINER: char = '\u{200d}';
const EMOJI_PRESENTATION: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const END_OF_TAGS: char = '\u{e007f}';

/// Parses a single emoji. Emoji that look the same become equal: U+FE0F is added where Unicode demands it, and removed
/// elsewhere.
pub(super) fn parse(text: &str) -> Option<Emoji> {
    let text = text.trim();
    if text.len() > LEN_MAX || text.graphemes(true).count() != 1 {
        return None;
    }
    let parts: Option<Vec<_>> = text.split(ZERO_WIDTH_JOINER).map(part).collect();
    Some(Emoji::stored(parts?.join(&ZERO_WIDTH_JOINER.to_string())))
}

/// Returns the canonical form of one part of an emoji, between the joiners; `None` if it is no emoji.
fn part(text: &str) -> Option<String> {
    let mut chars = text.chars().filter(|c| *c != EMOJI_PRESENTATION).peekable();
    let base = chars.next()?;
    let status = base.emoji_status();
    let mut canonical = base.to_string();
    match status {
        EmojiStatus::EmojiPresentationAndEmojiComponent if is_regional(base) => {
            canonical.push(chars.next().filter(|c| is_regional(*c))?);
        }
        // A digit, `#` or `*`.
        EmojiStatus::EmojiOtherAndEmojiComponent => {
            canonical.extend([EMOJI_PRESENTATION, chars.next().filter(|c| *c == KEYCAP)?]);
        }
        // Hair, such as that of 👨‍🦰, a skin tone, and emoji by themselves.
        EmojiStatus::EmojiPresentationAndEmojiComponent
        | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
        | EmojiStatus::EmojiPresentation => {}
        EmojiStatus::EmojiModifierBase | EmojiStatus::EmojiPresentationAndModifierBase => {
            match chars.next_if(|c| is_skin_tone(*c)) {
                Some(tone) => canonical.push(tone),
                None if status == EmojiStatus::EmojiModifierBase => canonical.push(EMOJI_PRESENTATION),
                None => {}
            }
        }
        EmojiStatus::EmojiOther => canonical.push(EMOJI_PRESENTATION),
        // No emoji, or a status of a later Unicode.
        _ => return None,
    }
    // The flags of England, Scotland and Wales.
    let tags: String = chars.collect();
    let is_flag = tags.is_empty() || (tags.chars().all(is_tag) && tags.ends_with(END_OF_TAGS));
    is_flag.then(|| canonical + &tags)
}

fn is_regional(c: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&c)
}

fn is_skin_tone(c: char) -> bool {
    c.emoji_status() == EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
}

fn is_tag(c: char) -> bool {
    ('\u{e0020}'..=END_OF_TAGS).contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::emoji::TABLE_FILE;
    use crate::ui::state::emoji::table::{SKIN_TONES, groups};

    #[test]
    fn every_kind_of_emoji_is_accepted() {
        for emoji in [
            "👍",
            "👍🏽",
            "🎉",
            "❤\u{fe0f}",
            "©\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "🇩🇪",
            "👩\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👩",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏿",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "🏳\u{fe0f}\u{200d}🌈",
            "☝\u{fe0f}",
            "☝🏿",
        ] {
            assert_eq!(parse(emoji).as_ref().map(Emoji::as_str), Some(emoji), "{emoji}");
        }
    }

    #[test]
    fn every_emoji_that_a_user_can_pick_is_accepted_as_it_is() {
        let table = std::fs::read_to_string(format!("public/{TABLE_FILE}")).expect("the emoji table");
        for entry in groups(&table).into_iter().flat_map(|(_, entries)| entries) {
            for (tone, _) in SKIN_TONES {
                let emoji = entry.with_tone(tone);
                assert_eq!(parse(emoji.as_str()), Some(emoji), "{}", entry.name);
            }
        }
    }

    #[test]
    fn emoji_that_look_the_same_are_equal() {
        for (one, other) in
            [("❤", "❤\u{fe0f}"), ("👍\u{fe0f}", "👍"), ("1\u{20e3}", "1\u{fe0f}\u{20e3}"), (" 👍\n", "👍")]
        {
            assert_eq!(parse(one), parse(other), "{one}");
            assert!(parse(one).is_some(), "{one}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", " ", "a", "1", "#", "👍👍", "👍a", "🇩", "\u{200d}", "\u{fe0f}", "ä", "👍\u{301}", "漢", "❤\u{fe0e}"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&"👩\u{200d}".repeat(20)), None);
    }
}
