//! Shortcodes that the user has begun to type.

/// Characters other than white space after which a shortcode may begin.
const OPENING: [char; 6] = ['(', '[', '{', '"', '\'', '“'];

/// Number of characters after the colon from which on emoji are suggested.
const LEN_MIN: usize = 2;

/// Returns the beginning of a shortcode at the end of `text`, without the colon: `ta` of `Hello :ta`. A shortcode
/// begins a word, or follows an opening bracket or an emoji, so that no address contains one. It is not inside a code
/// span.
pub fn begun_at_end(text: &str) -> Option<&str> {
    let (before, code) = text.rsplit_once(':')?;
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let may_begin = word.chars().all(|c| OPENING.contains(&c) || !(c.is_ascii() || c.is_alphanumeric()));
    (code.len() >= LEN_MIN && is_shortcode(code) && may_begin && !is_in_code(before)).then_some(code)
}

/// Returns true for `tada`, `+1` and `-1`, but not for `-D`, `30` or `)`: smileys and times stay as they are.
fn is_shortcode(code: &str) -> bool {
    let begins = match code.as_bytes() {
        [b'+' | b'-', second, ..] => second.is_ascii_digit(),
        [first, ..] => first.is_ascii_alphabetic(),
        [] => false,
    };
    begins && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
}

/// Returns true if `text` ends inside a code span between backticks, or in a block of code.
fn is_in_code(text: &str) -> bool {
    let fences = text.lines().filter(|line| line.trim_start().starts_with("```")).count();
    let line = text.rsplit('\n').next().unwrap_or_default();
    fences % 2 == 1 || line.matches('`').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcode_begins_a_word() {
        for (text, code) in [
            (":ta", "ta"),
            ("Hello :ta", "ta"),
            ("Hello\n:ta", "ta"),
            ("(:ta", "ta"),
            ("“:ta", "ta"),
            ("🎉:ta", "ta"),
            ("👍🏿:ta", "ta"),
            ("❤\u{fe0f}:ta", "ta"),
            (":TADA", "TADA"),
            (":+1", "+1"),
            (":-1", "-1"),
            (":thumbs_u", "thumbs_u"),
            ("10:30 :ta", "ta"),
        ] {
            assert_eq!(begun_at_end(text), Some(code), "{text}");
        }
    }

    #[test]
    fn smileys_times_and_single_letters_are_no_shortcodes() {
        for text in ["", ":", ":t", ":)", ":-)", ":-D", ":D", ":/", "10:30", ":30", "a :1", "Note:ta", ":ta da", ":tä"]
        {
            assert_eq!(begun_at_end(text), None, "{text}");
        }
    }

    #[test]
    fn no_address_contains_a_shortcode() {
        for text in
            ["https:ta", "https://a.test:ab", "https://a.test/:ta", "https://a.test/(:ta", "a.test/🎉:ta", "c:ta"]
        {
            assert_eq!(begun_at_end(text), None, "{text}");
        }
    }

    #[test]
    fn no_code_contains_a_shortcode() {
        for text in ["`:ta", "a `b :ta", "```\n:ta", "```rust\nx :ta"] {
            assert_eq!(begun_at_end(text), None, "{text}");
        }
        for text in ["`a` :ta", "```\nx\n```\n:ta", "a `b\n:ta"] {
            assert_eq!(begun_at_end(text), Some("ta"), "{text}");
        }
    }
}
