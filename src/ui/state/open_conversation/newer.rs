//! Messages after the loaded ones, pushed by events or pulled.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::Timeline;
use crate::ui::state::open_conversation::page::{NEAR_PX, OpenConversation};
use crate::ui::state::timeline::{Pull, SHOWN_MAX};

/// Maximum number of messages that are announced to screen readers at once.
const ANNOUNCED_MAX: usize = 5;

impl OpenConversation {
    /// Applies an event, and pulls what is missing.
    pub(super) fn apply(self, event: &Event) {
        if self.follows.try_get_untracked() == Some(true) {
            self.append(|timeline| timeline.apply(event));
            self.catch_up();
        } else {
            self.timeline.try_update(|timeline| timeline.apply(event));
            self.load_next();
        }
    }

    /// Appends messages without moving what the user is reading, and announces them. Beyond [`SHOWN_MAX`] it drops the
    /// messages that are furthest from the scroll position.
    fn append(self, change: impl FnOnce(&mut Timeline)) {
        let at_end = self.scroller.at_end.try_get_untracked().unwrap_or(true);
        let change = |timeline: &mut Timeline| {
            let last = timeline.last_seq();
            change(timeline);
            self.announce(timeline.messages().iter().filter(|message| message.seq > last));
        };
        if at_end {
            self.timeline.try_update(|timeline| {
                change(timeline);
                timeline.forget_oldest();
            });
            self.observe_scroll();
        } else {
            self.scroller.keep_position(|| {
                let forgotten = self.timeline.try_update(|timeline| {
                    change(timeline);
                    timeline.forget_newest()
                });
                if forgotten == Some(true) {
                    self.follows.try_set(false);
                }
            });
        }
    }

    /// Announces new messages of the peer to screen readers: the newest ones if there are many.
    fn announce<'a>(self, new: impl DoubleEndedIterator<Item = &'a Message>) {
        let mut theirs: Vec<_> = new.rev().filter(|it| it.author != self.me).take(ANNOUNCED_MAX).cloned().collect();
        if !theirs.is_empty() {
            theirs.reverse();
            self.announced.try_update(|announced| {
                announced.append(&mut theirs);
                announced.drain(..announced.len().saturating_sub(ANNOUNCED_MAX));
            });
        }
    }

    /// Pulls until nothing is missing or the page is full. A failed request is retried at the next event.
    fn catch_up(self) {
        self.pull_newer(move |pull, page| {
            self.append(|timeline| timeline.extend(pull, page));
            let at_end = self.scroller.at_end.try_get_untracked().unwrap_or(true);
            let is_full = self.timeline.try_with_untracked(|it| it.messages().len() >= SHOWN_MAX).unwrap_or(true);
            let at_newest = self.timeline.try_with_untracked(Timeline::is_at_newest).unwrap_or(true);
            if is_full && !at_end && !at_newest {
                // The rest is loaded when the user scrolls there.
                self.follows.try_set(false);
            }
            at_end || !is_full
        });
    }

    /// Loads the next messages if the user is near the end of an older part. Does nothing before the page is hydrated:
    /// the scroll position is not known until then.
    pub(super) fn load_next(self) {
        if self.entered.try_get_untracked() != Some(true) {
            return;
        }
        let is_near = self.observe_scroll().is_some_and(|(_, to_end)| to_end < NEAR_PX);
        if !is_near || self.follows.try_get_untracked() != Some(false) {
            return;
        }
        self.pull_newer(move |pull, page| {
            self.mark_segment_end();
            self.scroller.keep_position(|| {
                self.timeline.try_update(|timeline| {
                    timeline.extend(pull, page);
                    timeline.forget_oldest();
                });
            });
            let at_newest = self.timeline.try_with_untracked(Timeline::is_at_newest).unwrap_or(false);
            self.follows.try_set(at_newest);
            false
        });
    }

    /// Remembers the last message before more are appended, if the user reads on from the first unread message and has
    /// scrolled past the end of the previous segment.
    fn mark_segment_end(self) {
        let reads_on = self.read_before.try_get_untracked().flatten().is_some();
        let last = |timeline: &Timeline| timeline.messages().last().map(|last| (last.id, last.seq));
        let last = self.timeline.try_with_untracked(last).flatten();
        self.segment_end.try_update_value(|end| {
            if reads_on && end.is_none() {
                *end = last;
            }
        });
    }

    /// Returns the last sequence number of a segment once its end is in view or above it.
    pub(super) fn segment_passed(self) -> Option<u64> {
        let (id, seq) = self.segment_end.try_get_value().flatten()?;
        let passed = self.scroller.has_shown_end_of(&format!("m-{id}"));
        // A message that is no longer on the page has been dropped: whether it was in view is unknown.
        if passed != Some(false) {
            let _ = self.segment_end.try_set_value(None);
        }
        if passed == Some(true) {
            let _ = self.passed_seq.try_set_value(seq);
        }
        (passed == Some(true)).then_some(seq)
    }

    /// Pulls newer messages, one request at a time. `take` consumes a response, and returns whether to continue.
    fn pull_newer(self, take: impl Fn(&Pull, Page<Message>) -> bool + 'static) {
        let is_incomplete = move || self.timeline.try_with_untracked(|it| !it.is_at_newest()).unwrap_or(false);
        if !is_incomplete() || self.pulling.try_get_value() != Some(false) {
            return;
        }
        self.pulling.set_value(true);
        spawn_local(async move {
            while is_incomplete() {
                let Some(pull) = self.timeline.try_with_untracked(Timeline::pull) else { return };
                let Ok(page) = api::messages_after(self.id, pull.after.clone()).await else { break };
                if !take(&pull, page) {
                    break;
                }
            }
            let _ = self.pulling.try_set_value(false);
        });
    }

    /// Scrolls to the newest message, and loads it first if necessary.
    pub fn show_newest(self) {
        if self.follows.get_untracked() {
            request_animation_frame(move || {
                self.scroller.scroll_to_end();
                self.observe_scroll();
            });
            return;
        }
        let pull = self.timeline.with_untracked(Timeline::pull);
        spawn_local(async move {
            let Ok(page) = api::list_messages(self.id, Cursor::newest()).await else { return };
            self.timeline.try_update(|timeline| timeline.replace(&pull, page));
            self.follows.try_set(true);
            request_animation_frame(move || {
                self.scroller.scroll_to_end();
                self.observe_scroll();
            });
            self.catch_up();
        });
    }
}
