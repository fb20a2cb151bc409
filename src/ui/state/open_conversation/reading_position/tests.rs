//! Tests of the reading position.

use super::*;
use crate::domain::conversation::Kind;
use crate::domain::page::{Cursor, Page};
use crate::domain::samples;

const BEN: u128 = 2;

/// Conversation of Ben with the messages 1 to 3 on the page, of which Ben has read some.
fn view(read: u64, newest: u64) -> ConversationView {
    let items = (1..=3).map(|n| samples::message(n, "hello", &format!("{n:06}"))).collect();
    ConversationView {
        id: samples::conversation(1).id,
        kind: Kind::Direct,
        members: vec![samples::user(1, "ana"), samples::user(BEN, "ben")],
        messages: Page { items, older: None, newer: (newest > 3).then(|| Cursor("newer".to_owned())), rev: 0 },
        newest,
        read,
        marked: false,
        receipts: Default::default(),
        last_seen: Vec::new(),
        next_message: message::Id(uuid::Uuid::nil()),
        has_blocked: false,
        request: None,
    }
}

/// Position of a user who reads on from the first unread message.
fn entered(view: &ConversationView) -> ReadingPosition {
    let mut reading = ReadingPosition::new(view, samples::user(BEN, "ben").id, Opening::Unread);
    reading.set_entered(true);
    reading
}

fn message(n: u128) -> Message {
    samples::message(n, "hello", &format!("{n:06}"))
}

#[test]
fn a_page_opens_at_the_first_unread_message_or_at_the_newest() {
    let me = samples::user(BEN, "ben").id;
    let start = |read, opening| ReadingPosition::new(&view(read, 3), me, opening).start();
    assert_eq!([start(1, Opening::Unread), start(3, Opening::Unread)], [Start::FirstUnread, Start::Newest]);
    assert_eq!([start(1, Opening::First), start(3, Opening::First)], [Start::FirstShown, Start::FirstShown]);
    assert_eq!(start(1, Opening::Message(message(2).id)), Start::Message(message(2).id));
}

#[test]
fn opening_at_a_message_marks_nothing_as_read() {
    let me = samples::user(BEN, "ben").id;
    let mut reading = ReadingPosition::new(&view(1, 3), me, Opening::Message(message(3).id));
    reading.set_entered(true);
    assert_eq!((reading.acknowledge(true, true), reading.unseen(3)), (None, 2));
}

#[test]
fn messages_count_as_unseen_until_the_end_has_been_in_view() {
    let mut reading = entered(&view(1, 3));
    assert_eq!(reading.unseen(3), 2);
    assert!(reading.see(3));
    assert_eq!(reading.unseen(3), 0);
    assert_eq!(reading.unseen(5), 2, "two more have come");
    assert!(!reading.see(2), "the seen position never goes back");
    assert_eq!(reading.unseen(5), 2);
}

#[test]
fn messages_that_are_not_loaded_count_as_unseen() {
    assert_eq!(entered(&view(1, 260)).unseen(3), 259);
}

#[test]
fn the_read_position_is_sent_once_when_the_end_is_in_view() {
    let mut reading = entered(&view(1, 3));
    assert_eq!(reading.acknowledge(false, true), None, "the end is not in view");
    reading.see(3);
    assert_eq!(reading.acknowledge(true, true), Some(3));
    assert_eq!(reading.acknowledge(true, true), None, "the server knows it");
}

#[test]
fn nothing_is_read_in_a_window_without_the_focus() {
    let mut reading = entered(&view(1, 3));
    reading.see(3);
    assert_eq!(reading.acknowledge(true, false), None);
    assert_eq!(reading.acknowledge(true, true), Some(3), "the window gets the focus");
}

#[test]
fn nothing_is_read_before_the_page_has_scrolled_to_its_start_or_while_the_user_leaves() {
    let mut reading = entered(&view(1, 3));
    reading.see(3);
    reading.set_entered(false);
    assert_eq!(reading.acknowledge(true, true), None);
    reading.set_entered(true);
    assert_eq!(reading.acknowledge(true, true), Some(3));
}

#[test]
fn a_failed_acknowledgement_is_retried() {
    let mut reading = entered(&view(1, 3));
    reading.see(3);
    assert_eq!(reading.acknowledge(true, true), Some(3));
    reading.acknowledgement_failed();
    assert_eq!(reading.acknowledge(true, true), Some(3));
}

#[test]
fn opening_a_conversation_marked_as_unread_clears_the_mark() {
    let mut reading = entered(&ConversationView { marked: true, ..view(3, 3) });
    assert_eq!(reading.acknowledge(true, true), Some(3));
    assert_eq!(reading.acknowledge(true, true), None);
}

#[test]
fn a_segment_counts_as_read_once_its_end_has_been_in_view() {
    let mut reading = entered(&view(1, 260));
    reading.end_segment(Some(&message(3)));
    assert_eq!(reading.segment_end(), Some(message(3).id));
    assert!(!reading.see_segment_end(Some(false)));
    assert_eq!(reading.acknowledge(false, true), None, "its end is below the view");
    assert!(reading.see_segment_end(Some(true)));
    assert_eq!(reading.acknowledge(false, true), Some(3), "the newest message is not in view, but the segment is read");
    assert_eq!(reading.segment_end(), None);
}

#[test]
fn a_segment_ends_where_it_ended_when_the_next_was_loaded_even_if_more_are_loaded() {
    let mut reading = entered(&view(1, 260));
    reading.end_segment(Some(&message(3)));
    reading.end_segment(Some(&message(103)));
    assert_eq!(reading.segment_end(), Some(message(3).id));
}

#[test]
fn a_segment_whose_end_was_dropped_does_not_count_as_read() {
    let mut reading = entered(&view(1, 260));
    reading.end_segment(Some(&message(3)));
    assert!(!reading.see_segment_end(None));
    assert_eq!((reading.segment_end(), reading.seen_seq()), (None, 1));
    assert_eq!(reading.acknowledge(false, true), None);
}

#[test]
fn a_user_who_does_not_read_on_from_the_first_unread_message_has_no_segments() {
    let mut reading = entered(&view(1, 260));
    reading.reply_sent();
    reading.end_segment(Some(&message(3)));
    assert_eq!((reading.segment_end(), reading.read_before()), (None, None));
}
