//! Reading position of the user: where reading starts, what has been in view, and what the server knows of it.

use crate::domain::conversation::ConversationView;
use crate::domain::message::{self, Message};
use crate::domain::user;

/// Message at which the page opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    FirstShown,
    FirstUnread,
    Newest,
}

/// Last message of a segment of unread messages, after which more have been loaded since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SegmentEnd {
    id: message::Id,
    seq: u64,
}

/// Reading position of the user in an open conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadingPosition {
    /// The user's read position at opening; `None` if the first unread message was not on the page.
    read_before: Option<u64>,
    /// True if the user reads on from the first message shown.
    from_first: bool,
    /// Sequence number of the newest message at opening.
    newest_seq: u64,
    /// The highest sequence number that has been in view.
    seen_seq: u64,
    segment_end: Option<SegmentEnd>,
    /// Sequence number at the end of the last segment that the user has scrolled past.
    passed_seq: u64,
    /// True if the page is hydrated and scrolled to its start.
    has_entered: bool,
    /// The read position that the server knows.
    acknowledged_seq: u64,
    /// True if the server has the conversation marked as unread.
    is_marked_unread: bool,
}

impl ReadingPosition {
    /// Starts at a page of the conversation. `from_first`: the user reads on from the first message shown.
    pub(super) fn new(view: &ConversationView, me: user::Id, from_first: bool) -> Self {
        let read_before = view.unread_after(me);
        let last_seq = view.messages.items.last().map_or(0, |last| last.seq);
        let seen = if from_first { view.read } else { last_seq.max(view.read) };
        Self {
            read_before,
            from_first,
            newest_seq: view.newest,
            seen_seq: read_before.unwrap_or(seen),
            segment_end: None,
            passed_seq: 0,
            has_entered: false,
            acknowledged_seq: view.read,
            is_marked_unread: view.marked,
        }
    }

    /// Returns the message at which the page opens.
    pub(super) fn start(&self) -> Start {
        match self.read_before {
            _ if self.from_first => Start::FirstShown,
            Some(_) => Start::FirstUnread,
            None => Start::Newest,
        }
    }

    /// Returns the read position at opening as long as the user reads on from there.
    pub(super) fn read_before(&self) -> Option<u64> {
        self.read_before
    }

    pub(super) fn has_entered(&self) -> bool {
        self.has_entered
    }

    /// Notes that the page is scrolled to its start, or that the user is about to leave the conversation.
    pub(super) fn set_entered(&mut self, has_entered: bool) {
        self.has_entered = has_entered;
    }

    pub(super) fn seen_seq(&self) -> u64 {
        self.seen_seq
    }

    /// Returns the number of messages that have not been in view. `latest_seq`: the newest message that the page knows.
    pub(super) fn unseen(&self, latest_seq: u64) -> u64 {
        latest_seq.max(self.newest_seq).saturating_sub(self.seen_seq)
    }

    /// Notes that the end of the loaded messages is in view. Returns whether that raises the seen position.
    pub(super) fn see(&mut self, last_seq: u64) -> bool {
        let rises = last_seq > self.seen_seq;
        self.seen_seq = self.seen_seq.max(last_seq);
        rises
    }

    /// Remembers the last loaded message before more are loaded, if the user reads on from the first unread message and
    /// has scrolled past the end of the previous segment.
    pub(super) fn end_segment(&mut self, last: Option<&Message>) {
        if self.read_before.is_some() && self.segment_end.is_none() {
            self.segment_end = last.map(|last| SegmentEnd { id: last.id, seq: last.seq });
        }
    }

    /// Returns the last message of the segment that the user has not scrolled past.
    pub(super) fn segment_end(&self) -> Option<message::Id> {
        self.segment_end.map(|end| end.id)
    }

    /// Notes whether the end of the segment is in view or above it; `None` if its last message is not on the page.
    /// Returns whether that raises the seen position.
    pub(super) fn see_segment_end(&mut self, is_passed: Option<bool>) -> bool {
        // A message that is no longer on the page has been dropped: whether it was in view is unknown.
        let end = if is_passed == Some(false) { None } else { self.segment_end.take() };
        let Some(SegmentEnd { seq, .. }) = end.filter(|_| is_passed == Some(true)) else { return false };
        self.passed_seq = seq;
        self.see(seq)
    }

    /// Notes that the user has sent a message. A reply implies that the messages before it have been read.
    pub(super) fn reply_sent(&mut self) {
        self.read_before = None;
    }

    /// Returns the read position to send to the server, if there is a new one: up to the newest message once it is in
    /// view (`at_end`), or up to the end of a segment of unread messages. In a window without the focus nothing is read.
    pub(super) fn acknowledge(&mut self, at_end: bool, is_focused: bool) -> Option<u64> {
        let in_view = at_end || self.passed_seq == self.seen_seq;
        let is_new = self.seen_seq > self.acknowledged_seq || self.is_marked_unread;
        let is_due = is_focused && self.has_entered && in_view && is_new;
        is_due.then(|| {
            self.acknowledged_seq = self.seen_seq;
            self.is_marked_unread = false;
            self.seen_seq
        })
    }

    /// Notes that the request failed. The next message, or the next focus of the window, retries.
    pub(super) fn acknowledgement_failed(&mut self) {
        self.acknowledged_seq = 0;
    }
}

#[cfg(test)]
mod tests {
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
            messages: Page { items, older: None, newer: (newest > 3).then(|| Cursor("newer".to_owned())) },
            newest,
            read,
            marked: false,
            receipts: Default::default(),
            next_message: message::Id(uuid::Uuid::nil()),
        }
    }

    /// Position of a user who reads on from the first unread message.
    fn entered(view: &ConversationView) -> ReadingPosition {
        let mut reading = ReadingPosition::new(view, samples::user(BEN, "ben").id, false);
        reading.set_entered(true);
        reading
    }

    fn message(n: u128) -> Message {
        samples::message(n, "hello", &format!("{n:06}"))
    }

    #[test]
    fn a_page_opens_at_the_first_unread_message_or_at_the_newest() {
        let start =
            |read, from_first| ReadingPosition::new(&view(read, 3), samples::user(BEN, "ben").id, from_first).start();
        assert_eq!([start(1, false), start(3, false)], [Start::FirstUnread, Start::Newest]);
        assert_eq!([start(1, true), start(3, true)], [Start::FirstShown, Start::FirstShown]);
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
        assert_eq!(
            reading.acknowledge(false, true),
            Some(3),
            "the newest message is not in view, but the segment is read"
        );
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
}
