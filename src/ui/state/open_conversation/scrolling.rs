//! Scroll position in the open conversation.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::{message, paths};
use crate::ui::state::focus::focus;
use crate::ui::state::location::replace_address;
use crate::ui::state::open_conversation::page::{LoadOlder, OpenConversation};
use crate::ui::state::open_conversation::reading_position::{ReadingPosition, Start};
use crate::ui::state::reactive::effect;

/// Distance from either end of the loaded messages, in pixels, at which the next page is loaded.
pub(super) const NEAR_PX: i32 = 600;

impl OpenConversation {
    /// Scrolls to the message at which reading starts once the page has been drawn.
    pub(super) fn enter(self) {
        effect(move || {
            if self.scroller.node.get().is_some() {
                request_animation_frame(move || {
                    match self.reading.try_with_untracked(ReadingPosition::start) {
                        Some(Start::Message(id)) => {
                            self.scroller.rest_at(&format!("m-{id}"));
                            focus(&format!("[id='m-{id}']"));
                        }
                        Some(Start::FirstShown) => self.scroller.scroll_to(".message"),
                        Some(Start::FirstUnread) => self.scroller.scroll_to(".unread-line"),
                        Some(Start::Newest) | None => {}
                    }
                    self.reading.try_update(|reading| reading.set_entered(true));
                    self.load_next();
                });
            }
        });
    }

    /// Lets the browser's Back return to what the user was reading above the newest message, when a link has led to
    /// another page.
    pub(super) fn remember_place(self) {
        let pathname = use_location().pathname;
        let remember = move || {
            // The address of the browser follows that of the router, once the next page is there.
            let is_left = pathname.try_with_untracked(|path| *path != self.path()) == Some(true);
            let place = self.scroller.place().filter(|_| is_left);
            let id = place.as_deref().and_then(|row| row.strip_prefix("m-")?.parse().ok());
            if let Some(message) = id.and_then(|id| self.message_untracked(message::Id(id))) {
                replace_address(&paths::link_to(self.id, &message.reference()));
            }
        };
        effect(move || {
            pathname.track();
            remember();
        });
        on_cleanup(remember);
    }

    /// Loads older messages as long as those on the page do not fill the view: nothing could be scrolled.
    pub fn fill_view(self, load_older: LoadOlder) {
        effect(move || {
            // Each loaded page changes the number. After a failure the user has a button.
            load_older.version().track();
            let has_failed = load_older.value().with_untracked(|value| matches!(value, Some(Err(_))));
            if self.has_entered() && !has_failed {
                request_animation_frame(move || {
                    if self.scroller.observe().is_some_and(|(to_beginning, _)| to_beginning <= 0) {
                        self.load_older(load_older);
                    }
                });
            }
        });
    }

    /// Handles a scroll event. Near the beginning of the loaded messages it dispatches the action that loads older
    /// ones.
    pub fn on_scroll(self, load_older: LoadOlder) {
        if self.scroller.is_anchored() {
            // The position is not one that the user has scrolled to until the scroller has restored it.
            return request_animation_frame(move || self.on_scroll(load_older));
        }
        let Some((to_beginning, _)) = self.observe_scroll() else { return };
        if to_beginning < NEAR_PX {
            self.load_older(load_older);
        }
        self.load_next();
    }

    fn load_older(self, load_older: LoadOlder) {
        if let Some(cursor) = untrack(|| self.older())
            && !load_older.pending().get_untracked()
        {
            load_older.dispatch(cursor);
        }
    }

    /// Reads the scroll position, and raises the seen position: to the last message if the end is in view, or else to
    /// the end of a segment that has been scrolled past.
    pub(super) fn observe_scroll(self) -> Option<(i32, i32)> {
        // A message that is not on the page is not seen.
        let position = self.scroller.observe()?;
        if self.scroller.at_end.try_get_untracked() == Some(true) {
            // A link may have led to the end past unread messages. They count once the user has scrolled.
            if self.scroller.is_resting() && !self.scroller.shows_start_of(".unread-line") {
                return Some(position);
            }
            if let Some(last_seq) = self.loader.try_with_untracked(|loader| loader.timeline().last_seq()) {
                self.reading.try_maybe_update(|reading| (reading.see(last_seq), ()));
            }
        } else if let Some(Some(end)) = self.reading.try_with_untracked(ReadingPosition::segment_end) {
            let is_passed = self.scroller.has_shown_end_of(&format!("m-{end}"));
            self.reading.try_maybe_update(|reading| (reading.see_segment_end(is_passed), ()));
        }
        Some(position)
    }
}
