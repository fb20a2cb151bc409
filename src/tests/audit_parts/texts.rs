//! Texts that the audit sends, and links that it follows.

use cruddur_messages::domain::message::{self, Body};
use uuid::Uuid;

use crate::audit::api_reader::next_of;
use crate::audit::ledger::text_of;

#[test]
fn every_text_is_a_valid_message_without_normalization() {
    for _ in 0..1000 {
        let text = text_of(message::Id(Uuid::now_v7()));
        assert_eq!(Body::parse(&text).expect("a text").as_str(), text);
    }
}

#[test]
fn only_links_to_the_next_page_are_followed() {
    assert_eq!(next_of("</api/x?cursor=a>; rel=\"next\"").as_deref(), Some("/api/x?cursor=a"));
    assert_eq!(next_of("</api/x?cursor=a>; rel=\"prev\""), None);
    assert_eq!(next_of("nothing"), None);
}
