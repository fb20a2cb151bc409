//! Tests of the rules of messages.

use super::*;

fn parse(text: &str) -> Result<String, InvalidBody> {
    Body::parse(text).map(|body| body.as_str().to_owned())
}

#[test]
fn a_body_is_trimmed_and_keeps_line_breaks_and_tabs() {
    assert_eq!(parse("  a\r\n\tb\rc \n"), Ok("a\n\tb\nc".to_owned()));
}

#[test]
fn a_body_of_1024_scalar_values_is_the_longest() {
    assert!(parse(&"🎈".repeat(1024)).is_ok());
    assert_eq!(parse(&"🎈".repeat(1025)), Err(InvalidBody::TooLong(1025)));
    assert!(parse(&format!("  {}  ", "a".repeat(1024))).is_ok());
}

#[test]
fn a_body_without_text_or_with_control_characters_is_refused() {
    assert_eq!(parse(" \n\t\u{2003}"), Err(InvalidBody::Blank));
    for control in ["a\u{0}1", "a\u{7}", "a\u{1b}[0m", "a\u{84}b"] {
        assert_eq!(parse(control), Err(InvalidBody::Control), "{control:?}");
    }
}

// F35
#[test]
fn a_body_that_looks_blank_is_refused_and_one_with_joiners_is_kept() {
    for blank in ["\u{3164}", "\u{200b}\n\u{2800}", "\u{115f}\u{fe0f}", "\u{e0062}\u{200d}", "\u{fffc}", "\u{0}"] {
        assert_eq!(parse(blank), Err(InvalidBody::Blank), "{blank:?}");
    }
    for text in [
        "👩\u{200d}👩\u{200d}👧",
        "\u{2764}\u{fe0f}",
        "می\u{200c}خواهم",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "\u{200b}.",
        "\u{e000}",
    ] {
        assert_eq!(parse(text), Ok(text.to_owned()), "{text:?}");
    }
}

// F45
#[test]
fn every_line_break_of_a_body_is_stored_as_a_line_feed() {
    assert_eq!(parse("a\u{b}b\u{c}c\u{2028}d\u{2029}e\u{85}f\r\ng"), Ok("a\nb\nc\nd\ne\nf\ng".to_owned()));
}

#[test]
fn the_character_counter_agrees_with_the_parser() {
    for text in ["", " a ", "a\r\nb", "a\rb", "🎈\u{301}", " \u{2003}x\t", "a\u{b}b\u{c}\r\n"] {
        let counted = Body::len_of(text);
        let parsed = parse(text).map_or(0, |body| body.chars().count());
        assert_eq!(counted, parsed, "{text:?}");
    }
}
