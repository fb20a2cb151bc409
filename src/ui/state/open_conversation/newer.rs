//! What comes after what is shown: told live, or asked for.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::Timeline;
use crate::ui::state::open_conversation::page::{NEAR_PX, OpenThread};
use crate::ui::state::timeline::{Pull, SHOWN_MAX};

/// So many messages at most are said at once.
const ANNOUNCED_MAX: usize = 5;

impl OpenThread {
    /// Takes in an event, and asks for what is missing.
    pub(super) fn apply(self, event: &Event) {
        if self.follows.try_get_untracked() == Some(true) {
            self.grow(|timeline| timeline.apply(event));
            self.catch_up();
        } else {
            self.timeline.try_update(|timeline| timeline.apply(event));
            self.go_on();
        }
    }

    /// Changes what is shown at its end without moving what is being read. What is new there is announced. Beyond
    /// [`SHOWN_MAX`] what is furthest from where one reads goes.
    fn grow(self, change: impl FnOnce(&mut Timeline)) {
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
            self.look();
        } else {
            self.scroller.hold(|| {
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

    /// Has a screen reader say what the other person has written, the newest of it where that is much.
    fn announce<'a>(self, new: impl DoubleEndedIterator<Item = &'a Message>) {
        let mut said: Vec<_> = new.rev().filter(|it| it.author != self.me).take(ANNOUNCED_MAX).cloned().collect();
        if !said.is_empty() {
            said.reverse();
            self.announced.try_update(|announced| {
                announced.append(&mut said);
                announced.drain(..announced.len().saturating_sub(ANNOUNCED_MAX));
            });
        }
    }

    /// Asks for what comes after all that is known, until nothing does or the page holds enough. A question that fails is
    /// asked again with the next event.
    fn catch_up(self) {
        self.ask_for_newer(move |pull, page| {
            self.grow(|timeline| timeline.extend(pull, page));
            let at_end = self.scroller.at_end.try_get_untracked().unwrap_or(true);
            let is_full = self.timeline.try_with_untracked(|it| it.messages().len() >= SHOWN_MAX).unwrap_or(true);
            let at_newest = self.timeline.try_with_untracked(Timeline::is_at_newest).unwrap_or(true);
            if is_full && !at_end && !at_newest {
                // The rest comes as one scrolls there.
                self.follows.try_set(false);
            }
            at_end || !is_full
        });
    }

    /// Puts what comes next below what is being read, where one is near its end. Where one reads is not known before the
    /// page has been taken over.
    pub(super) fn go_on(self) {
        if self.entered.try_get_untracked() != Some(true) {
            return;
        }
        let is_near = self.look().is_some_and(|(_, to_end)| to_end < NEAR_PX);
        if !is_near || self.follows.try_get_untracked() != Some(false) {
            return;
        }
        self.ask_for_newer(move |pull, page| {
            self.end_part();
            self.scroller.hold(|| {
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

    /// More is about to come below what is shown: where one reads on from the first unread message, remembers where that
    /// ended, unless one has not come to an earlier end yet.
    fn end_part(self) {
        let reads_on = self.read_before.try_get_untracked().flatten().is_some();
        let last = |timeline: &Timeline| timeline.messages().last().map(|last| (last.id, last.seq));
        let last = self.timeline.try_with_untracked(last).flatten();
        self.part_end.try_update_value(|end| {
            if reads_on && end.is_none() {
                *end = last;
            }
        });
    }

    /// Up to which place a part of the unread went, once its end is in view or above it.
    pub(super) fn pass(self) -> Option<u64> {
        let (id, seq) = self.part_end.try_get_value().flatten()?;
        let passed = self.scroller.has_shown_end_of(&format!("m-{id}"));
        // One that is not there any more has been let go of: nobody knows whether it was in view.
        if passed != Some(false) {
            let _ = self.part_end.try_set_value(None);
        }
        if passed == Some(true) {
            let _ = self.passed.try_set_value(seq);
        }
        (passed == Some(true)).then_some(seq)
    }

    /// One question at a time. `take` says whether to go on.
    fn ask_for_newer(self, take: impl Fn(&Pull, Page<Message>) -> bool + 'static) {
        let lacks = move || self.timeline.try_with_untracked(|timeline| !timeline.is_at_newest()).unwrap_or(false);
        if !lacks() || self.asking.try_get_value() != Some(false) {
            return;
        }
        self.asking.set_value(true);
        spawn_local(async move {
            while lacks() {
                let Some(pull) = self.timeline.try_with_untracked(Timeline::pull) else { return };
                let Ok(page) = api::messages_after(self.id, pull.after.clone()).await else { break };
                if !take(&pull, page) {
                    break;
                }
            }
            let _ = self.asking.try_set_value(false);
        });
    }

    /// Goes to the newest message, wherever one is.
    pub fn show_newest(self) {
        if self.follows.get_untracked() {
            request_animation_frame(move || {
                self.scroller.show_end();
                self.look();
            });
            return;
        }
        let pull = self.timeline.with_untracked(Timeline::pull);
        spawn_local(async move {
            let Ok(page) = api::list_messages(self.id, Cursor::newest()).await else { return };
            self.timeline.try_update(|timeline| timeline.begin_anew(&pull, page));
            self.follows.try_set(true);
            request_animation_frame(move || {
                self.scroller.show_end();
                self.look();
            });
            self.catch_up();
        });
    }
}
