//! Loaded messages: which are loaded next, and which are dropped when there are too many.

#[cfg(test)]
mod tests;

use crate::domain::changes::Changes;
use crate::domain::conversation;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::Timeline;
use crate::ui::state::timeline::{ChangesPull, Pull, SHOWN_MAX};

/// The loaded messages and the state of the requests for newer ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui::state) struct Loader {
    timeline: Timeline,
    /// True if new messages are appended as they come. Otherwise the page shows an older part of the conversation, and
    /// the next messages are loaded when the reader scrolls to its end.
    follows: bool,
    /// True if a series of requests for newer messages is in progress.
    is_pulling: bool,
    /// True if a series of requests for changes is in progress.
    is_pulling_changes: bool,
}

impl Loader {
    /// Starts with a page of a conversation. It follows the newest message if the page ends with it.
    pub(in crate::ui::state) fn new(conversation: conversation::Id, page: Page<Message>) -> Self {
        let (follows, timeline) = (page.newer.is_none(), Timeline::new(conversation, page));
        Self { follows, timeline, is_pulling: false, is_pulling_changes: false }
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

    /// Starts a series of requests for changes. Returns false if a series is in progress or nothing is missing, or if a
    /// response with newer messages will tell: the caller tries again then.
    pub(in crate::ui::state) fn start_pulling_changes(&mut self) -> bool {
        let is_told_soon = self.is_pulling && !self.timeline.lacks_known_changes();
        let starts = !self.is_pulling_changes && !is_told_soon && self.timeline.lacks_changes();
        self.is_pulling_changes |= starts;
        starts
    }

    /// Returns the next request for changes of a series; `None` if nothing is missing.
    pub(in crate::ui::state) fn next_changes_pull(&mut self) -> Option<ChangesPull> {
        self.timeline.pull_changes()
    }

    /// Ends a series of requests for changes.
    pub(in crate::ui::state) fn stop_pulling_changes(&mut self) {
        self.is_pulling_changes = false;
    }

    /// Applies the changes that the server returned.
    pub(in crate::ui::state) fn apply_changes(&mut self, pull: &ChangesPull, changes: &Changes) {
        self.timeline.apply_changes(pull, changes);
    }

    /// Applies the reloaded messages.
    pub(in crate::ui::state) fn apply_reload(&mut self, pull: &ChangesPull, page: &Page<Message>) {
        self.timeline.apply_reload(pull, page);
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

    /// Replaces the messages with the newest page of the conversation, and follows it. Returns false if the page is out
    /// of date, and must be requested again.
    pub(in crate::ui::state) fn replace(&mut self, pull: &Pull, page: Page<Message>) -> bool {
        let is_replaced = self.timeline.replace(pull, page);
        self.follows |= is_replaced;
        is_replaced
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
