//! Reading position of the user: where reading starts, what has been in view, and what the server knows of it.

use crate::domain::conversation::ConversationView;
use crate::domain::message::{self, Message};
use crate::domain::user;

#[cfg(test)]
mod tests;

/// Place to which the address of the page leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The first unread message, or the newest one.
    Unread,
    /// The first message shown.
    First,
    /// One of the messages shown.
    Message(message::Id),
}

/// Message at which the page opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Message(message::Id),
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
    opening: Opening,
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
    /// Starts at a page of the conversation.
    pub(super) fn new(view: &ConversationView, me: user::Id, opening: Opening) -> Self {
        let read_before = view.unread_after(me);
        let last_seq = view.messages.items.last().map_or(0, |last| last.seq);
        let seen = if opening == Opening::Unread { last_seq.max(view.read) } else { view.read };
        Self {
            read_before,
            opening,
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
        match (self.opening, self.read_before) {
            (Opening::Message(id), _) => Start::Message(id),
            (Opening::First, _) => Start::FirstShown,
            (Opening::Unread, Some(_)) => Start::FirstUnread,
            (Opening::Unread, None) => Start::Newest,
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
    /// view (`at_end`), or up to the end of a segment of unread messages. In a window without the focus nothing is
    /// read.
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
