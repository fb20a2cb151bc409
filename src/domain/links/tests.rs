//! Tests of the links in texts.

use proptest::prelude::*;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::*;

fn rendered(text: &str) -> String {
    let render = |part: Part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Link(url) => format!("[{url}]"),
    };
    parts(text).into_iter().map(render).collect()
}

/// Asserts where links begin and end: `marked` has brackets around them, and they are not part of the text.
fn assert_links(marked: &[&str]) {
    for marked in marked {
        let text: String = marked.chars().filter(|c| !matches!(c, '⟦' | '⟧')).collect();
        let marked = marked.replace('⟦', "[").replace('⟧', "]");
        assert_eq!(rendered(&text), marked);
    }
}

#[test]
fn urls_become_links_and_the_text_around_them_does_not() {
    assert_links(&[
        "see ⟦https://example.com/a?b=c#d⟧, or not",
        "(⟦HTTP://example.com:8080/x⟧)",
        "no link here: example.com, a://b, me@example.com",
        "",
        "git+https://example.com and xhttp://example.com and https:// and http:///a",
        "⟦https://a.example⟧ ⟦http://b.example/⟧\n⟦https://c.example/x⟧",
    ]);
}

#[test]
fn only_http_and_https_urls_are_linked() {
    for text in ["javascript://%0aalert(1)", "data://text/html,x", "file:///etc/passwd", "ftp://example.com"] {
        assert_eq!(rendered(text), text);
    }
}

// F33
#[test]
fn a_link_ends_where_a_reader_would_end_it() {
    assert_links(&[
        "資料は⟦https://example.com⟧です。よろしく",
        "⟦https://example.com⟧。次",
        "⟦https://example.com⟧👍",
        "“⟦https://example.com⟧”",
        "«⟦https://example.com/a⟧» „⟦https://example.com/b⟧“ 「⟦https://example.com⟧」 ‹⟦https://example.com/c⟧›",
        "⟦https://example.com⟧…",
        "⟦https://example.com/a⟧…",
        "⟦https://example.com/a⟧\u{a0}next",
        "⟦https://example.com⟧\u{200b}next",
        "⟦https://example.com/a⟧\u{3000}次",
        "⟦https://example.com⟧，看看（⟦https://example.com/b⟧）",
        "⟦https://example.com⟧입니다. ⟦http://localhost:3000⟧에서",
        "⟦https://example.com/docs⟧をご覧ください",
        "⟦https://example.com:8080⟧です",
        "⟦https://example.com/a⟧👍🏽",
        "[text](⟦https://example.com/a_(b)⟧)c **⟦https://example.com/⟧**",
        "<⟦https://example.com/a⟧> '⟦https://example.com/a⟧','⟦https://example.com/b⟧' `⟦https://example.com⟧`",
        "⟦https://example.com/a⟧. ⟦https://example.com⟧... ⟦https://example.com/⟧? ⟦https://example.com⟧!",
        "_⟦https://example.com/a_b⟧_ {⟦https://example.com/a⟧} ⟦https://example.com⟧'s ⟦https://example.com⟧:",
        "⟦https://example.com/a⟧,⟦https://example.com/b⟧",
        "⟦https://example.com⟧とexample.org",
    ]);
}

#[test]
fn a_link_goes_on_where_a_reader_would_go_on() {
    assert_links(&[
        "⟦https://ja.wikipedia.org/wiki/日本語⟧。",
        "⟦https://example.com/👍⟧ ⟦https://例え.jp/あ?q=ラーメン⟧",
        "⟦https://日本語.jp⟧です ⟦https://www.abc日本.com/x⟧ ⟦https://i❤.ws⟧",
        "⟦https://xn--bcher-kva.example/ä⟧ ⟦https://bücher.example/ä⟧ ⟦https://пример.рф⟧, да",
        "⟦https://example.com/a(b)c[d]⟧ ⟦https://example.com/it's⟧ ⟦https://example.com/a,b;c:d⟧",
        "⟦https://نامه\u{200c}ای.com/⟧ ⟦https://paral·lel.cat⟧",
    ]);
}

// F34
#[test]
fn a_host_is_what_a_browser_takes_for_the_host() {
    assert_links(&[
        "⟦https://example.com#top⟧ ⟦https://example.com?a=b⟧ ⟦https://example.com/#top⟧",
        "⟦http://[::1]:8080/⟧ ⟦http://[2001:db8::1]⟧, [⟦http://not-an-address⟧]",
        "⟦https://my_bucket.example.com/x⟧ ⟦http://192.168.1.1:80/⟧",
        "⟦https://bu\u{308}cher.example⟧ ⟦https://example．com/⟧",
        "https://example.com:99999/ http://[::1 http://[zz]/",
    ]);
    for (written, host) in [
        ("https://bu\u{308}cher.example/", "xn--bcher-kva.example"),
        ("https://Bücher.example:80", "xn--bcher-kva.example"),
        ("https://faß.example", "xn--fa-hia.example"),
        ("https://example．com/", "example.com"),
        ("https://аpple.com/login", "xn--pple-43d.com"),
    ] {
        assert_eq!(parts(written), [Part::Link(written)]);
        assert_eq!(ascii_host(written).as_deref(), Some(host), "{written}");
    }
    assert_eq!(ascii_host("https://example.com/ä"), None, "only the host can mislead");
}

#[test]
fn a_url_with_user_information_is_not_linked() {
    for text in [
        "https://bank.example@evil.example/",
        "https://bank.example:443@evil.example/",
        "https://user:secret@evil.example",
        "https://bank.example\\@evil.example",
        "https://bank.example%2eevil.example",
    ] {
        assert_eq!(rendered(text), text);
    }
}

// F33
#[test]
fn quotes_brackets_and_spaces_of_all_scripts_end_a_link() {
    use GeneralCategory::{
        ClosePunctuation, FinalPunctuation, InitialPunctuation, LineSeparator, OpenPunctuation, ParagraphSeparator,
        SpaceSeparator,
    };
    let ends = [
        ClosePunctuation,
        FinalPunctuation,
        InitialPunctuation,
        LineSeparator,
        OpenPunctuation,
        ParagraphSeparator,
        SpaceSeparator,
    ];
    for c in ('\u{80}'..=char::MAX).filter(|c| ends.contains(&c.general_category())) {
        for link in ["https://example.com", "https://example.com/a", "https://example.com/?q=é"] {
            let text = format!("{link}{c}next");
            assert_eq!(parts(&text)[0], Part::Link(link), "{c:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    // F33
    #[test]
    fn what_is_shown_of_a_text_is_what_was_written(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("https://".to_owned()), Just("HTTP://".to_owned()), Just("example.com".to_owned()),
                Just("://".to_owned()), "[-./:?#@%()\\[\\]'a-z0-9_]{0,4}", "\\PC{0,4}",
                any::<char>().prop_map(String::from),
            ],
            0..12,
        )
    ) {
        let text = pieces.concat();
        let shown: String = parts(&text).into_iter().map(|part| match part {
            Part::Text(text) | Part::Link(text) => text,
        }).collect();
        prop_assert_eq!(&shown, &text);
        for part in parts(&text) {
            if let Part::Link(link) = part {
                prop_assert!(!link.contains(char::is_whitespace), "{}", link);
                prop_assert_eq!(parts(link), vec![Part::Link(link)]);
            }
        }
    }
}
