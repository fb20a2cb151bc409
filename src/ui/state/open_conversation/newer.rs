//! Requests for the messages after the loaded ones.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::page::{Cursor, Page};
use crate::ui::state::open_conversation::loader::Loader;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::open_conversation::scrolling::NEAR_PX;
use crate::ui::state::timeline::Pull;

impl OpenConversation {
    /// Applies an event, and pulls what is missing.
    pub(super) fn apply(self, event: &Event) {
        if self.follows_untracked() == Some(true) {
            self.append(|loader, at_end| loader.apply(event, at_end));
            self.catch_up();
        } else {
            let at_end = self.is_at_end();
            self.loader.try_update(|loader| loader.apply(event, at_end));
            self.load_next();
        }
    }

    /// Appends messages without moving what the user is reading, and announces them.
    fn append(self, change: impl FnOnce(&mut Loader, bool) -> Vec<Message>) {
        let at_end = self.is_at_end();
        let change = || {
            if let Some(new) = self.loader.try_update(|loader| change(loader, at_end)) {
                self.announcer.try_maybe_update(|announcer| (announcer.announce(new), ()));
            }
        };
        if at_end {
            change();
            self.observe_scroll();
        } else {
            self.scroller.keep_position(change);
            // Messages that do not fill the view move nevertheless.
            if self.scroller.is_resting() {
                request_animation_frame(move || {
                    self.observe_scroll();
                });
            }
        }
    }

    /// Pulls until nothing is missing or the page is full. A failed request is retried at the next event.
    fn catch_up(self) {
        self.pull_newer(move |pull, page| {
            self.append(|loader, at_end| loader.catch_up(pull, page, at_end));
            let at_end = self.is_at_end();
            let update = |loader: &mut Loader| {
                let followed = loader.follows();
                let continues = loader.continues(at_end);
                (loader.follows() != followed, continues)
            };
            self.loader.try_maybe_update(update).unwrap_or(false)
        });
    }

    /// Loads the next messages if the user is near the end of an older part. Does nothing before the page is hydrated:
    /// the scroll position is not known until then.
    pub(super) fn load_next(self) {
        if self.reading.try_with_untracked(|reading| reading.has_entered()) != Some(true) {
            return;
        }
        let is_near = self.observe_scroll().is_some_and(|(_, to_end)| to_end < NEAR_PX);
        if !is_near || self.follows_untracked() != Some(false) {
            return;
        }
        self.pull_newer(move |pull, page| {
            let last = self.loader.try_with_untracked(|loader| loader.timeline().messages().last().cloned()).flatten();
            self.reading.try_update_untracked(|reading| reading.end_segment(last.as_ref()));
            self.scroller.keep_position(|| {
                self.loader.try_update(|loader| loader.read_on(pull, page));
            });
            false
        });
    }

    /// Pulls newer messages, one request at a time. `take` consumes a response, and returns whether to continue.
    fn pull_newer(self, take: impl Fn(&Pull, Page<Message>) -> bool + 'static) {
        // Untracked here and below: nothing that is drawn depends on whether a request is in progress.
        if self.loader.try_update_untracked(Loader::start_pulling) != Some(true) {
            return;
        }
        spawn_local(async move {
            while let Some(Some(pull)) = self.loader.try_with_untracked(Loader::next_pull) {
                let Ok(page) = api::messages_after(self.id, pull.after.clone()).await else { break };
                let continues = take(&pull, page);
                // The page has told whether there are changes.
                self.pull_changes();
                if !continues {
                    break;
                }
            }
            self.loader.try_update_untracked(Loader::stop_pulling);
            self.pull_changes();
        });
    }

    /// Scrolls to the newest message, and loads it first if necessary.
    pub fn show_newest(self) {
        // The address may name the page that was shown before.
        self.shown_page.leave_for_newest(&self.path());
        if self.loader.with_untracked(Loader::follows) {
            return self.scroll_to_end();
        }
        spawn_local(async move {
            while let Some(pull) = self.loader.try_with_untracked(|loader| loader.timeline().pull()) {
                let Ok(page) = api::list_messages(self.id, Cursor::newest()).await else { return };
                if self.loader.try_update(|loader| loader.replace(&pull, page)) != Some(false) {
                    break;
                }
            }
            self.scroll_to_end();
            self.catch_up();
            self.pull_changes();
        });
    }

    fn scroll_to_end(self) {
        request_animation_frame(move || {
            self.scroller.scroll_to_end();
            self.observe_scroll();
        });
    }

    fn follows_untracked(self) -> Option<bool> {
        self.loader.try_with_untracked(Loader::follows)
    }

    /// Returns whether new messages scroll the page. The message to which a link has led stays in its place.
    pub(super) fn is_at_end(self) -> bool {
        self.scroller.at_end.try_get_untracked().unwrap_or(true) && !self.scroller.is_resting()
    }
}
