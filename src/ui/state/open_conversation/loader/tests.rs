//! Tests of which messages are loaded and dropped.

use std::ops::RangeInclusive;

use super::*;
use crate::domain::samples;

const FULL: u128 = SHOWN_MAX as u128;

fn message(n: u128) -> Message {
    samples::message(n, "hello", &format!("{n:06}"))
}

/// Page of messages, with newer ones behind it or not.
fn page(numbers: RangeInclusive<u128>, has_newer: bool) -> Page<Message> {
    let older = (*numbers.start() > 1).then(|| Cursor(format!("before {}", numbers.start())));
    let newer = has_newer.then(|| Cursor("newer".to_owned()));
    Page { items: numbers.map(message).collect(), older, newer, rev: 0 }
}

fn loader(numbers: RangeInclusive<u128>, has_newer: bool) -> Loader {
    Loader::new(samples::conversation(1).id, page(numbers, has_newer))
}

fn sent(n: u128) -> Event {
    Event::MessageSent { conversation: samples::conversation(1).id, message: message(n), rev: 0 }
}

fn pull(loader: &Loader) -> Pull {
    loader.next_pull().expect("a request")
}

/// Sequence numbers of the first and the last loaded message.
fn ends(loader: &Loader) -> (u64, u64) {
    let messages = loader.timeline().messages();
    (messages.first().map_or(0, |first| first.seq), loader.timeline().last_seq())
}

#[test]
fn a_page_at_the_newest_message_appends_new_messages_as_they_come() {
    let mut loader = loader(1..=3, false);
    assert_eq!(loader.apply(&sent(4), true), [message(4)]);
    assert_eq!((ends(&loader), loader.follows()), ((1, 4), true));
    assert_eq!(loader.apply(&sent(4), true), [], "a repeated event appends nothing");
}

#[test]
fn far_from_the_newest_message_the_page_follows_nothing() {
    let mut loader = loader(1..=3, true);
    assert_eq!(loader.apply(&sent(9), false), []);
    assert_eq!((ends(&loader), loader.follows()), ((1, 3), false));
    assert_eq!(loader.timeline().latest_seq(), 9, "the message is known, but not loaded");
}

#[test]
fn one_series_of_requests_is_made_at_a_time_and_none_if_nothing_is_missing() {
    let mut loader = loader(1..=3, false);
    assert!(!loader.start_pulling(), "nothing is missing");
    loader.apply(&Event::Resync, true);
    assert!(loader.start_pulling());
    assert!(!loader.start_pulling(), "a series is in progress");
    loader.catch_up(&pull(&loader), page(4..=5, false), true);
    assert_eq!(loader.next_pull(), None);
    loader.stop_pulling();
    assert!(!loader.start_pulling(), "nothing is missing");
}

#[test]
fn a_page_that_follows_catches_up_until_nothing_is_missing() {
    let mut loader = loader(1..=3, false);
    loader.apply(&Event::Resync, true);
    assert_eq!(loader.catch_up(&pull(&loader), page(4..=5, true), true), [message(4), message(5)]);
    assert!(loader.continues(true) && loader.next_pull().is_some());
    loader.catch_up(&pull(&loader), page(6..=6, false), true);
    assert!(loader.continues(true) && loader.next_pull().is_none());
}

#[test]
fn a_change_appends_nothing_that_could_be_announced() {
    let mut loader = loader(1..=3, false);
    let edited = Message { edits: 1, changed: 1, ..message(3) };
    let event = Event::MessageChanged { conversation: samples::conversation(1).id, message: edited };
    assert_eq!(loader.apply(&event, true), []);
    assert_eq!((ends(&loader), loader.follows(), loader.start_pulling_changes()), ((1, 3), true, false));
}

#[test]
fn a_page_that_has_missed_events_asks_for_changes_only_if_the_newer_messages_tell_of_some() {
    for (rev, has_changes) in [(0, false), (1, true)] {
        let mut loader = loader(1..=3, false);
        loader.apply(&Event::Resync, true);
        assert!(loader.start_pulling() && !loader.start_pulling_changes());
        loader.catch_up(&pull(&loader), Page { rev, ..page(4..=4, true) }, true);
        assert_eq!(loader.start_pulling_changes(), has_changes);
    }
}

#[test]
fn a_full_page_drops_the_oldest_messages_if_its_end_is_in_view() {
    let mut loader = loader(1..=FULL, false);
    loader.apply(&sent(FULL + 1), true);
    assert_eq!((ends(&loader), loader.follows()), ((2, FULL as u64 + 1), true));
    assert!(loader.timeline().older().is_some());
}

#[test]
fn a_full_page_that_shows_older_messages_drops_the_newest_and_stops_following() {
    let mut loader = loader(1..=FULL, false);
    assert_eq!(loader.apply(&sent(FULL + 1), false), [message(FULL + 1)]);
    assert_eq!((ends(&loader), loader.follows()), ((1, FULL as u64), false));
}

#[test]
fn a_full_page_that_shows_older_messages_stops_catching_up() {
    let mut loader = loader(1..=FULL - 1, false);
    loader.apply(&Event::Resync, false);
    loader.catch_up(&pull(&loader), page(FULL..=FULL, true), false);
    assert!(!loader.continues(false));
    assert!(!loader.follows());
}

#[test]
fn a_page_that_shows_older_messages_stays_within_the_maximum_if_an_event_completes_it() {
    let mut loader = loader(2..=FULL, true);
    // The server read the page before the next two messages were stored; their events come in the wrong order.
    loader.apply(&sent(FULL + 3), true);
    loader.read_on(&pull(&loader), page(FULL + 1..=FULL + 1, false));
    assert!(!loader.follows());
    loader.apply(&sent(FULL + 2), true);
    assert_eq!(ends(&loader), (3, FULL as u64 + 2));
}

#[test]
fn a_reader_who_reads_on_to_the_newest_message_follows_it() {
    let mut loader = loader(1..=3, true);
    loader.read_on(&pull(&loader), page(4..=5, true));
    assert_eq!((ends(&loader), loader.follows()), ((1, 5), false));
    loader.read_on(&pull(&loader), page(6..=6, false));
    assert_eq!((ends(&loader), loader.follows()), ((1, 6), true));
}

#[test]
fn reading_on_drops_the_oldest_messages() {
    let mut loader = loader(1..=FULL, true);
    loader.read_on(&pull(&loader), page(FULL + 1..=FULL + 2, true));
    assert_eq!(ends(&loader), (3, FULL as u64 + 2));
}

#[test]
fn older_messages_replace_the_newest_on_a_full_page_which_then_follows_nothing() {
    let mut loader = loader(11..=FULL + 10, false);
    loader.prepend(&Cursor("before 11".to_owned()), page(9..=10, false));
    assert_eq!((ends(&loader), loader.follows()), ((9, FULL as u64 + 8), false));
    assert!(loader.start_pulling(), "the dropped messages can be loaded again");
}

#[test]
fn a_page_that_has_room_for_older_messages_goes_on_following() {
    let mut loader = loader(11..=13, false);
    loader.prepend(&Cursor("before 11".to_owned()), page(9..=10, false));
    assert_eq!((ends(&loader), loader.follows()), ((9, 13), true));
}

#[test]
fn the_newest_messages_take_the_place_of_an_older_part_and_are_followed() {
    let mut loader = loader(1..=3, true);
    assert!(loader.replace(&pull(&loader), page(8..=9, false)));
    assert_eq!((ends(&loader), loader.follows()), ((8, 9), true));
}
