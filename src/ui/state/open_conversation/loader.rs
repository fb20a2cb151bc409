//! Loaded messages: which are loaded next, and which are dropped when there are too many.

use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::Timeline;
use crate::ui::state::timeline::{Pull, SHOWN_MAX};

/// The loaded messages and the state of the requests for newer ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui::state) struct Loader {
    timeline: Timeline,
    /// True if new messages are appended as they come. Otherwise the page shows an older part of the conversation, and
    /// the next messages are loaded when the reader scrolls to its end.
    follows: bool,
    /// True if a series of requests for newer messages is in progress.
    is_pulling: bool,
}

impl Loader {
    /// Starts with a page of a conversation. It follows the newest message if the page ends with it.
    pub(in crate::ui::state) fn new(conversation: conversation::Id, page: Page<Message>) -> Self {
        Self { follows: page.newer.is_none(), timeline: Timeline::new(conversation, page), is_pulling: false }
    }

    pub(in crate::ui::state) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(in crate::ui::state) fn follows(&self) -> bool {
        self.follows
    }

    /// Applies an event. Returns the messages that a page which follows has appended. `at_end`: the end of the messages
    /// is in view.
    pub(in crate::ui::state) fn apply(&mut self, event: &Event, at_end: bool) -> Vec<Message> {
        if self.follows {
            return self.append(at_end, |timeline| timeline.apply(event));
        }
        let len = self.timeline.messages().len();
        self.timeline.apply(event);
        if self.timeline.messages().len() > len {
            self.forget(at_end);
        }
        Vec::new()
    }

    /// Starts a series of requests for newer messages. Returns false if a series is in progress or nothing is missing.
    pub(in crate::ui::state) fn start_pulling(&mut self) -> bool {
        let starts = !self.is_pulling && !self.timeline.is_at_newest();
        self.is_pulling |= starts;
        starts
    }

    /// Returns the next request of a series; `None` if nothing is missing.
    pub(in crate::ui::state) fn next_pull(&self) -> Option<Pull> {
        (!self.timeline.is_at_newest()).then(|| self.timeline.pull())
    }

    /// Ends a series of requests.
    pub(in crate::ui::state) fn stop_pulling(&mut self) {
        self.is_pulling = false;
    }

    /// Appends the response to a request of a page that follows. Returns the new messages.
    pub(in crate::ui::state) fn catch_up(&mut self, pull: &Pull, page: Page<Message>, at_end: bool) -> Vec<Message> {
        self.append(at_end, |timeline| timeline.extend(pull, page))
    }

    /// Returns whether a page that catches up makes the next request. A full page that shows older messages stops
    /// following instead: the rest is loaded when the reader scrolls there.
    pub(in crate::ui::state) fn continues(&mut self, at_end: bool) -> bool {
        let is_full = self.timeline.messages().len() >= SHOWN_MAX;
        if is_full && !at_end && !self.timeline.is_at_newest() {
            self.follows = false;
        }
        at_end || !is_full
    }

    /// Appends the response to the request of a page whose reader reads on through an older part. The page follows from
    /// now on if the newest message is loaded.
    pub(in crate::ui::state) fn read_on(&mut self, pull: &Pull, page: Page<Message>) {
        self.timeline.extend(pull, page);
        self.timeline.forget_oldest();
        self.follows = self.timeline.is_at_newest();
    }

    /// Prepends the page that the server returned for `cursor`. Beyond [`SHOWN_MAX`] the newest messages are dropped,
    /// which are loaded again when the reader scrolls back to them.
    pub(in crate::ui::state) fn prepend(&mut self, cursor: &Cursor, page: Page<Message>) {
        self.timeline.prepend(cursor, page);
        self.forget_newest();
    }

    /// Replaces the messages with the newest page of the conversation, and follows it.
    pub(in crate::ui::state) fn replace(&mut self, pull: &Pull, page: Page<Message>) {
        self.timeline.replace(pull, page);
        self.follows = true;
    }

    fn append(&mut self, at_end: bool, change: impl FnOnce(&mut Timeline)) -> Vec<Message> {
        let last = self.timeline.last_seq();
        change(&mut self.timeline);
        let new = self.timeline.messages().iter().filter(|message| message.seq > last).cloned().collect();
        self.forget(at_end);
        new
    }

    /// Drops the messages beyond [`SHOWN_MAX`] that are furthest from the scroll position.
    fn forget(&mut self, at_end: bool) {
        if at_end { self.timeline.forget_oldest() } else { self.forget_newest() }
    }

    fn forget_newest(&mut self) {
        if self.timeline.forget_newest() {
            self.follows = false;
        }
    }
}

#[cfg(test)]
mod tests {
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
        Page { items: numbers.map(message).collect(), older, newer }
    }

    fn loader(numbers: RangeInclusive<u128>, has_newer: bool) -> Loader {
        Loader::new(samples::conversation(1).id, page(numbers, has_newer))
    }

    fn sent(n: u128) -> Event {
        Event::MessageSent { conversation: samples::conversation(1).id, message: message(n) }
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
        loader.replace(&pull(&loader), page(8..=9, false));
        assert_eq!((ends(&loader), loader.follows()), ((8, 9), true));
    }
}
