//! Requests for the changes that the loaded messages do not show.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::message::Message;
use crate::ui::state::open_conversation::loader::Loader;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::timeline::ChangesPull;

impl OpenConversation {
    /// Pulls changes until none is missing, one request at a time. A failed request is retried at the next event.
    pub(super) fn pull_changes(self) {
        if self.loader.try_update_untracked(Loader::start_pulling_changes) != Some(true) {
            return;
        }
        spawn_local(async move {
            while let Some(Some(pull)) = self.loader.try_update_untracked(Loader::next_changes_pull) {
                if !self.request(&pull).await {
                    break;
                }
            }
            self.loader.try_update_untracked(Loader::stop_pulling_changes);
        });
    }

    /// Makes one request and applies the response. Returns false if it has failed.
    async fn request(self, pull: &ChangesPull) -> bool {
        match pull {
            ChangesPull::After { rev, .. } => match api::changes_after(self.id, *rev).await {
                Ok(changes) => {
                    self.remove_from_announcements(&changes.messages);
                    self.change_in_place(|loader| loader.apply_changes(pull, &changes));
                }
                Err(_) => return false,
            },
            ChangesPull::Reload { from, to, .. } => match api::reload_messages(self.id, from.clone(), to.clone()).await
            {
                Ok(page) => {
                    self.remove_from_announcements(&page.items);
                    self.change_in_place(|loader| loader.apply_reload(pull, &page));
                }
                Err(_) => return false,
            },
        }
        true
    }

    /// Removes deleted messages from the announcements. Nothing is announced.
    pub(super) fn remove_from_announcements(self, changed: &[Message]) {
        self.announcer.try_maybe_update(|announcer| (announcer.remove_deleted(changed), ()));
    }

    /// Changes loaded messages without moving what the user is reading. A user at the end reads the newest message, and
    /// the view stays at the end.
    pub(super) fn change_in_place(self, change: impl FnOnce(&mut Loader)) {
        self.draw_in_place(|| {
            self.loader.try_update(change);
        });
    }

    /// Like [`OpenConversation::change_in_place`], for any change of what is drawn.
    pub(super) fn draw_in_place(self, change: impl FnOnce()) {
        if self.is_at_end() { change() } else { self.scroller.keep_position(change) }
    }
}
