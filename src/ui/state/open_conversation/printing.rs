//! Printing of the open conversation.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::KeyboardEvent;

use crate::api;
use crate::domain::page::PAGE_SIZE;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::reactive::effect;
use crate::ui::state::timeline::SHOWN_MAX;

impl OpenConversation {
    /// Loads older messages before the browser prints the page, if the user asks for it with the keyboard: a browser
    /// that has begun to print does not wait.
    pub(super) fn load_before_printing(self) {
        effect(move || {
            let keys = window_event_listener(leptos::ev::keydown, move |event| {
                if is_print_key(&event) && untrack(|| self.older()).is_some() {
                    event.prevent_default();
                    spawn_local(self.load_and_print());
                }
            });
            on_cleanup(move || keys.remove());
        });
    }

    /// Loads as many messages as the page keeps, and prints it. Prints those that it has if there is no answer.
    async fn load_and_print(self) {
        while let Some((count, Some(cursor))) = self.loader.try_with_untracked(|loader| {
            let timeline = loader.timeline();
            (timeline.messages().len(), timeline.older().cloned())
        }) && count + PAGE_SIZE <= SHOWN_MAX
        {
            let Ok(page) = api::list_messages(self.id, cursor.clone()).await else { break };
            self.scroller.keep_position(|| {
                self.loader.try_update(|loader| loader.prepend(&cursor, page));
            });
        }
        self.pull_changes();
        // In the second frame all of them have been drawn.
        request_animation_frame(|| request_animation_frame(|| drop(window().print())));
    }
}

fn is_print_key(event: &KeyboardEvent) -> bool {
    let with_control = event.ctrl_key() || event.meta_key();
    with_control && !event.shift_key() && !event.alt_key() && event.key().eq_ignore_ascii_case("p")
}
