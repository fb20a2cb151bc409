//! Read positions that the page sends to the server.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_navigate};

use crate::api;
use crate::domain::error::AppError;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::open_conversation::reading_position::ReadingPosition;

impl OpenConversation {
    /// Sends the read position to the server when it changes and the window has the focus: up to the newest message
    /// once it is in view, or up to the end of each loaded segment of unread messages.
    pub(super) fn mark_read_when_seen(self) {
        let position = Memo::new(move |_| self.reading.with(|reading| (reading.seen_seq(), reading.has_entered())));
        Effect::new(move |_| {
            // Read, not only tracked: a memo that has never been computed listens to nothing.
            position.get();
            self.scroller.at_end.track();
            self.acknowledge();
        });
        Effect::new(move |_| {
            let focus = window_event_listener(leptos::ev::focus, move |_| self.acknowledge());
            on_cleanup(move || focus.remove());
        });
    }

    fn acknowledge(self) {
        let is_focused = document().has_focus().unwrap_or(false);
        let Some(at_end) = self.scroller.at_end.try_get_untracked() else { return };
        // Untracked: nothing that is drawn depends on what the server knows.
        let due = self.reading.try_update_untracked(|reading| reading.acknowledge(at_end, is_focused));
        if let Some(Some(seq)) = due {
            self.inbox.mark_read(self.id, seq);
            spawn_local(async move {
                if api::mark_read(self.id, seq).await.is_err() {
                    self.reading.try_update_untracked(ReadingPosition::acknowledgement_failed);
                }
            });
        }
    }

    /// Returns the action that marks the conversation as unread and leaves it: an open conversation would be marked as
    /// read again.
    pub fn mark_unread_action(self) -> Action<(), Result<(), AppError>> {
        let action = Action::new(move |(): &()| {
            self.reading.update(|reading| reading.set_entered(false));
            async move {
                let marked = api::mark_unread(self.id).await;
                if marked.is_err() {
                    self.reading.try_update(|reading| reading.set_entered(true));
                }
                marked
            }
        });
        let (navigate, pathname) = (use_navigate(), use_location().pathname);
        Effect::new(move |_| {
            // Unless the user has opened another conversation meanwhile.
            if action.value().get() == Some(Ok(())) && pathname.get_untracked() == self.path() {
                navigate("/messages", Default::default());
            }
        });
        action
    }
}
