//! Tests of the inbox as a page knows it.

mod changes;

use super::*;
use crate::domain::conversation::PREVIEW_LEN_MAX;
use crate::domain::samples;

/// Times after and before the time of the sample conversations.
const LATER: &str = "2026-11-21T09:26:28.207802+00:00";
const LATER_THAN_SAMPLES: &str = "2026-11-20T09:26:29.000000+00:00";
const EARLIER: &str = "2026-11-20T09:26:28.000000+00:00";
const LONG_AGO: &str = "2026-11-19T09:26:28.207802+00:00";

fn inbox(rows: &[u128], older: Option<&str>) -> InboxRows {
    InboxRows::new(samples::user(1, "ana").id, page(rows, older))
}

fn page(rows: &[u128], older: Option<&str>) -> Page<Conversation> {
    let items = rows.iter().map(|n| samples::conversation(*n)).collect();
    Page { items, older: older.map(|text| Cursor(text.to_owned())), newer: None, rev: 0 }
}

fn sent(conversation: u128, seq: u128, author: u128) -> Event {
    let message = Message { author: samples::user(author, "x").id, ..samples::message(seq, "🎈", LATER) };
    Event::MessageSent { conversation: samples::conversation(conversation).id, message, rev: 0 }
}

fn sent_at(conversation: u128, seq: u128, at: &str) -> Event {
    let message = Message { author: samples::user(2, "ben").id, ..samples::message(seq, "🎈", at) };
    Event::MessageSent { conversation: samples::conversation(conversation).id, message, rev: 0 }
}

fn ids(inbox: &InboxRows) -> Vec<u128> {
    inbox.rows().iter().map(|row| row.id.0.as_u128()).collect()
}

#[test]
fn a_message_moves_its_conversation_up_and_is_its_preview() {
    let mut inbox = inbox(&[1, 2], None);
    let mut long = sent(2, 9, 2);
    if let Event::MessageSent { message, .. } = &mut long {
        message.body = "🎈".repeat(PREVIEW_LEN_MAX + 1);
    }
    inbox.apply(&long);
    assert_eq!(ids(&inbox), [2, 1]);
    assert_eq!(inbox.rows()[0].preview.chars().count(), PREVIEW_LEN_MAX);
    assert_eq!((inbox.rows()[0].unread(), inbox.unread()), (7, 7));
}

#[test]
fn the_users_own_message_is_read_and_an_older_message_changes_nothing() {
    let mut inbox = inbox(&[1, 2], None);
    inbox.apply(&sent(2, 9, 1));
    assert_eq!(inbox.unread(), 0);
    let before = inbox.clone();
    inbox.apply(&sent(2, 8, 2));
    assert_eq!(inbox, before);
}

#[test]
fn an_unread_mark_counts_as_one_until_it_is_cleared_in_any_order_of_events() {
    let conversation = samples::conversation(1).id;
    let marked = Event::ConversationMarked { conversation, marked: 1 };
    let read = Event::ConversationRead { conversation, reader: samples::user(1, "ana").id, seq: 1, unmarked: 1 };
    let mut in_order = inbox(&[1, 2], None);
    in_order.apply(&marked);
    assert_eq!((in_order.unread(), in_order.rows()[0].is_marked()), (1, true));
    in_order.apply(&read);
    assert_eq!(in_order.unread(), 0);
    let mut reversed = inbox(&[1, 2], None);
    reversed.apply(&read);
    reversed.apply(&marked);
    assert_eq!(reversed, in_order);
}

#[test]
fn an_unknown_conversation_is_pulled() {
    let mut inbox = inbox(&[1], None);
    inbox.apply(&sent(2, 9, 2));
    assert!(inbox.is_incomplete());
    inbox.refresh(&inbox.pull(), page(&[2, 1], None));
    assert_eq!((inbox.is_incomplete(), inbox.rows().len()), (false, 2));
}

#[test]
fn a_refresh_keeps_rows_that_moved_up_meanwhile_and_drops_those_below_the_page() {
    let mut inbox = inbox(&[1, 2, 3], Some("below 3"));
    let pull = inbox.pull();
    inbox.apply(&sent(3, 9, 2));
    inbox.refresh(&pull, page(&[1, 4], Some("below 4")));
    assert_eq!(ids(&inbox), [3, 1, 4]);
}

#[test]
fn the_newest_conversation_with_a_peer_is_found() {
    let inbox = inbox(&[2, 1], None);
    let with = |n| inbox.conversation_with(samples::user(n, "x").id);
    assert_eq!((with(2), with(3)), (Some(samples::conversation(2).id), None));
}

#[test]
fn an_older_page_repeats_no_conversation() {
    let mut inbox = inbox(&[1, 2], Some("below 2"));
    inbox.extend(&inbox.pull_older().expect("older rows"), page(&[2, 3], None));
    assert_eq!(ids(&inbox), [1, 2, 3]);
    assert_eq!((inbox.older(), inbox.is_incomplete()), (None, false));
}

#[test]
fn an_older_page_that_no_longer_follows_the_rows_is_pulled_again() {
    let mut inbox = inbox(&[1, 2], Some("below 2"));
    let pull = inbox.pull_older().expect("older rows");
    inbox.refresh(&inbox.pull(), page(&[3, 1], Some("below 1")));
    inbox.extend(&pull, page(&[4], None));
    assert!(inbox.is_incomplete(), "conversation 2 is missing");
    assert_eq!(inbox.pull().depth, 3);
}

#[test]
fn an_older_page_from_before_an_event_is_pulled_again() {
    let mut inbox = inbox(&[1], Some("below 1"));
    let pull = inbox.pull_older().expect("older rows");
    let reader = samples::user(1, "ana").id;
    let conversation = samples::conversation(2).id;
    inbox.apply(&Event::ConversationRead { conversation, reader, seq: 2, unmarked: 0 });
    inbox.refresh(&inbox.pull(), page(&[1], Some("below 1")));
    inbox.extend(&pull, page(&[2], None));
    assert!(inbox.is_incomplete(), "the page may show conversation 2 as unread");
}

fn messages(inbox: &InboxRows) -> Vec<(u128, u64)> {
    inbox.rows().iter().map(|row| (row.id.0.as_u128(), row.seq)).collect()
}

#[test]
fn a_new_conversation_is_pulled_until_the_server_lists_it() {
    let mut inbox = inbox(&[1], None);
    inbox.apply(&sent(2, 9, 2));
    assert_eq!(inbox.next_attempt(), Some(0));
    for attempt in 1..3 {
        inbox.refresh(&inbox.pull(), page(&[1], None));
        assert_eq!((messages(&inbox), inbox.next_attempt()), (vec![(1, 1)], Some(attempt)));
    }
    inbox.refresh(&inbox.pull(), page(&[2, 1], None));
    // The row is still at message 2, but the page has received message 9.
    assert_eq!((messages(&inbox), inbox.is_incomplete()), (vec![(2, 9), (1, 1)], false));
}

#[test]
fn an_older_page_does_not_bring_back_an_older_state() {
    let mut inbox = inbox(&[1], Some("below 1"));
    inbox.apply(&sent(2, 9, 2));
    inbox.extend(&inbox.pull_older().expect("older rows"), page(&[3, 2], None));
    assert_eq!((messages(&inbox), inbox.is_incomplete()), (vec![(2, 9), (1, 1), (3, 3)], false));
}

#[test]
fn a_known_row_keeps_its_newer_state_if_the_server_lists_an_older_one() {
    let mut inbox = inbox(&[1, 2], None);
    inbox.apply(&sent(2, 9, 2));
    inbox.apply(&Event::Resync);
    inbox.refresh(&inbox.pull(), page(&[1, 2], None));
    assert_eq!((messages(&inbox), inbox.is_incomplete()), (vec![(2, 9), (1, 1)], false));
    assert_eq!(inbox.rows()[0].preview, "🎈");
}

#[test]
fn a_known_row_that_the_server_does_not_list_is_kept_and_pulled() {
    for older in [None, Some("below 3")] {
        let mut inbox = inbox(&[1, 2], older);
        inbox.apply(&sent(2, 9, 2));
        inbox.apply(&Event::Resync);
        inbox.refresh(&inbox.pull(), page(&[1, 3], older));
        assert_eq!((messages(&inbox), inbox.next_attempt()), (vec![(2, 9), (1, 1), (3, 3)], Some(1)));
        inbox.refresh(&inbox.pull(), page(&[1, 3, 2], None));
        assert_eq!((messages(&inbox), inbox.is_incomplete()), (vec![(2, 9), (1, 1), (3, 3)], false));
    }
}

#[test]
fn the_last_row_is_pulled_too_if_the_server_does_not_list_it() {
    let mut inbox = inbox(&[1, 2], Some("below 2"));
    inbox.apply(&sent(1, 9, 2));
    inbox.apply(&sent_at(2, 9, LATER_THAN_SAMPLES));
    inbox.apply(&Event::Resync);
    inbox.refresh(&inbox.pull(), page(&[1], Some("below 1")));
    assert_eq!((messages(&inbox), inbox.next_attempt()), (vec![(1, 9), (2, 9)], Some(1)));
}

#[test]
fn a_message_older_than_the_last_row_is_not_pulled_until_the_list_goes_down_to_it() {
    let mut inbox = inbox(&[1], Some("below 1"));
    inbox.apply(&sent_at(2, 9, EARLIER));
    assert!(!inbox.is_incomplete());
    let mut older = page(&[3], None);
    older.items[0].last_sent_at = SentAt::stored(LONG_AGO.to_owned());
    inbox.extend(&inbox.pull_older().expect("older rows"), older);
    assert_eq!((messages(&inbox), inbox.next_attempt()), (vec![(1, 1), (3, 3)], Some(0)));
}

#[test]
fn a_row_that_fell_below_the_page_comes_back_as_it_was() {
    let mut inbox = inbox(&[1, 2], Some("below 2"));
    inbox.apply(&sent_at(2, 9, LATER_THAN_SAMPLES));
    let mut newer = page(&[3, 4], Some("below 4"));
    for row in &mut newer.items {
        row.last_sent_at = SentAt::stored(LATER.to_owned());
    }
    inbox.refresh(&inbox.pull(), newer);
    assert_eq!((ids(&inbox), inbox.is_incomplete()), (vec![3, 4], false));
    inbox.extend(&inbox.pull_older().expect("older rows"), page(&[1, 2], None));
    assert_eq!(messages(&inbox), [(3, 3), (4, 4), (2, 9), (1, 1)]);
}

/// Pulls while the inbox is incomplete, with responses that always lack what is expected. Returns the attempts.
fn attempts_in_vain(inbox: &mut InboxRows) -> Vec<u32> {
    let pull = |_| {
        let attempt = inbox.next_attempt()?;
        inbox.refresh(&inbox.pull(), page(&[1], None));
        Some(attempt)
    };
    (0..20).map_while(pull).collect()
}

#[test]
fn after_some_pulls_in_vain_the_page_waits_for_the_next_event() {
    let mut inbox = inbox(&[1], None);
    for event in [sent(2, 9, 2), sent(2, 10, 2), Event::Resync] {
        inbox.apply(&event);
        assert_eq!(attempts_in_vain(&mut inbox), [0, 1, 2, 3, 4, 5, 6, 7], "{event:?}");
    }
    inbox.apply(&sent(2, 10, 2));
    assert!(!inbox.is_incomplete(), "this message was expected before");
}

#[test]
fn the_pulls_for_one_conversation_do_not_use_up_those_for_another() {
    let mut inbox = inbox(&[1], None);
    inbox.apply(&sent(2, 9, 2));
    for _ in 0..3 {
        inbox.refresh(&inbox.pull(), page(&[1], None));
    }
    inbox.apply(&sent(3, 9, 2));
    assert_eq!(attempts_in_vain(&mut inbox), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn an_own_message_is_read_although_the_list_does_not_know_it_yet() {
    let mut inbox = inbox(&[1], None);
    inbox.apply(&sent(2, 3, 1));
    inbox.apply(&sent(2, 4, 2));
    inbox.refresh(&inbox.pull(), page(&[2, 1], None));
    assert_eq!((messages(&inbox), inbox.unread()), (vec![(2, 4), (1, 1)], 1));
}
