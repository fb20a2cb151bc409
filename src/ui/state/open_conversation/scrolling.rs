//! Scroll position in the open conversation.

use leptos::prelude::*;

use crate::domain::error::AppError;
use crate::domain::page::Cursor;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::open_conversation::reading_position::{ReadingPosition, Start};

/// Distance from either end of the loaded messages, in pixels, at which the next page is loaded.
pub(super) const NEAR_PX: i32 = 600;

impl OpenConversation {
    /// Scrolls to the message at which reading starts once the page has been drawn.
    pub(super) fn enter(self) {
        Effect::new(move |_| {
            if self.scroller.node.get().is_some() {
                request_animation_frame(move || {
                    match self.reading.try_with_untracked(ReadingPosition::start) {
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

    /// Handles a scroll event. Near the beginning of the loaded messages it dispatches the action that loads older ones.
    pub fn on_scroll(self, load_older: Action<Cursor, Result<(), AppError>>) {
        if self.scroller.is_anchored() {
            // The position is not one that the user has scrolled to until the scroller has restored it.
            return request_animation_frame(move || self.on_scroll(load_older));
        }
        let Some((to_beginning, _)) = self.observe_scroll() else { return };
        if to_beginning < NEAR_PX
            && let Some(cursor) = untrack(|| self.older())
            && !load_older.pending().get_untracked()
        {
            load_older.dispatch(cursor);
        }
        self.load_next();
    }

    /// Reads the scroll position, and raises the seen position: to the last message if the end is in view, or else to
    /// the end of a segment that has been scrolled past.
    pub(super) fn observe_scroll(self) -> Option<(i32, i32)> {
        let position = self.scroller.observe();
        if self.scroller.at_end.try_get_untracked() == Some(true) {
            if let Some(last_seq) = self.loader.try_with_untracked(|loader| loader.timeline().last_seq()) {
                self.reading.try_maybe_update(|reading| (reading.see(last_seq), ()));
            }
        } else if let Some(Some(end)) = self.reading.try_with_untracked(ReadingPosition::segment_end) {
            let is_passed = self.scroller.has_shown_end_of(&format!("m-{end}"));
            self.reading.try_maybe_update(|reading| (reading.see_segment_end(is_passed), ()));
        }
        position
    }
}
