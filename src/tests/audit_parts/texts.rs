//! Texts that the audit sends, and links that it follows.

use cruddur_messages::domain::message::{self, Body};
use uuid::Uuid;

use crate::audit::api_reader::next_of;
use crate::audit::texts::{FIRST_TEXT, ShownText, mark_of, marks_in, text_of};

#[test]
fn every_text_is_a_valid_message_without_normalization() {
    for number in 0..1000 {
        let text = text_of(message::Id(Uuid::now_v7()), number);
        assert_eq!(Body::parse(&text).expect("a text").as_str(), text);
    }
}

#[test]
fn a_text_or_its_beginning_is_recognized_as_one_of_its_message() {
    let (id, other) = (message::Id(Uuid::now_v7()), message::Id(Uuid::now_v7()));
    for number in [FIRST_TEXT, 1, 4_000_000] {
        let text = text_of(id, number);
        assert_eq!(ShownText::of(id, Some(&text), 1024), ShownText::Number(number));
        let beginning: String = text.chars().take(30).collect();
        assert_eq!(ShownText::of(id, Some(&beginning), 30), ShownText::Number(number));
        assert_eq!(ShownText::of(id, Some(&beginning), 1024), ShownText::Altered);
        assert_eq!(ShownText::of(other, Some(&text), 1024), ShownText::Altered);
    }
    assert_eq!(ShownText::of(id, None, 1024), ShownText::Deleted);
    assert_eq!(ShownText::of(id, Some(""), 1024), ShownText::Altered);
}

#[test]
fn both_ends_of_a_text_carry_the_mark_of_its_message() {
    let (one, other) = (message::Id(Uuid::now_v7()), message::Id(Uuid::now_v7()));
    let text = format!("{{\"a\":\"{}\"}} {}", text_of(one, 7), text_of(other, FIRST_TEXT));
    let marks = [mark_of(one), mark_of(one), mark_of(other), mark_of(other)];
    assert_eq!(marks_in(&text).collect::<Vec<_>>(), marks);
    let end: String = text.chars().skip(text.chars().count() - 14).collect();
    assert_eq!(marks_in(&end).collect::<Vec<_>>(), [mark_of(other)]);
    assert_eq!(marks_in("§ 12, § 0123456789a").count(), 0);
}

#[test]
fn only_links_to_the_next_page_are_followed() {
    assert_eq!(next_of("</api/x?cursor=a>; rel=\"next\"").as_deref(), Some("/api/x?cursor=a"));
    assert_eq!(next_of("</api/x?cursor=a>; rel=\"prev\""), None);
    assert_eq!(next_of("nothing"), None);
}
