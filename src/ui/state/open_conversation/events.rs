//! Events of the open conversation.

use std::slice;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::event::Event;
use crate::ui::state::LiveEvents;
use crate::ui::state::open_conversation::members_state::MembersState;
use crate::ui::state::open_conversation::page::OpenConversation;
use crate::ui::state::reactive::effect;

/// Time for which the typing indicator is shown after the last signal of a member.
const TYPING_SHOWN: Duration = Duration::from_secs(5);

impl OpenConversation {
    /// Applies the events of this conversation as long as it is open.
    pub(super) fn listen(self, live: LiveEvents) {
        live.listen(Callback::new(move |event: Event| self.handle(&event)));
        // Events that came after the server read the page and before this listener was added are missing. If the stream
        // is not open yet, it brings them when it opens, or dispatches a resync.
        effect(move || {
            if live.may_have_missed() {
                self.handle(&Event::Resync);
            }
        });
    }

    fn handle(self, event: &Event) {
        self.update_members(|members| members.apply(event));
        match event {
            Event::Typing { conversation, author } if *conversation == self.id && *author != self.me => {
                self.expire_typing_later();
            }
            Event::MessageSent { conversation, .. } if *conversation == self.id => self.apply(event),
            Event::MessageChanged { conversation, message } if *conversation == self.id => {
                self.remove_from_announcements(slice::from_ref(message));
                self.change_in_place(|loader| drop(loader.apply(event, true)));
            }
            Event::Resync => {
                self.pull_receipts();
                self.apply(event);
            }
            _ => return,
        }
        self.pull_changes();
    }

    fn expire_typing_later(self) {
        if let Some(signal) = self.members.try_with_untracked(MembersState::typing_signals) {
            set_timeout(move || self.update_members(|members| members.expire_typing(signal)), TYPING_SHOWN);
        }
    }

    fn pull_receipts(self) {
        spawn_local(async move {
            if let Ok(receipts) = api::find_receipts(self.id).await {
                self.update_members(|members| members.refresh(receipts));
            }
        });
    }

    /// Changes the state of the other members. What depends on it is drawn again only if it has changed. A receipt
    /// moves to another message, perhaps below the one that the user is reading.
    fn update_members(self, change: impl FnOnce(&mut MembersState)) {
        let Some(before) = self.members.try_get_untracked() else { return };
        let mut members = before.clone();
        change(&mut members);
        let (is_changed, moves_receipts) = (members != before, members.receipts() != before.receipts());
        let set = || drop(self.members.try_set(members));
        match (is_changed, moves_receipts) {
            (false, _) => {}
            (true, true) => self.draw_in_place(set),
            (true, false) => set(),
        }
    }
}
