//! Blocks of users, as an open page changes them and learns of them.

use leptos::prelude::*;

use crate::api;
use crate::domain::event::Event;
use crate::domain::user;
use crate::ui::state::LiveEvents;
use crate::ui::state::page_change::PageChange;

/// Form that blocks a user or removes the block.
#[derive(Clone, Copy)]
pub struct BlockChange {
    user: user::Id,
    on: bool,
    pub form: PageChange,
}

impl BlockChange {
    /// Creates the form.
    pub fn new(user: user::Id, on: bool) -> Self {
        // The page acts for its own user, whom it need not name.
        let event = Event::BlockChanged { by: user, user, on };
        Self { user, on, form: PageChange::new(move || api::block_user(user, on), event) }
    }

    /// Fields of the form without script: the user, and whether they are to be blocked.
    pub fn fields(self) -> [(&'static str, String); 2] {
        [("user", self.user.to_string()), ("on", self.on.to_string())]
    }
}

/// Calls `reload` when the user has blocked another one, or removed a block, on this or another page. The page that did
/// so hears of it twice, and reloads once.
pub fn reload_after_block(reload: impl Fn() + Send + Sync + 'static) {
    let last = StoredValue::new(None);
    expect_context::<LiveEvents>().listen(Callback::new(move |event: Event| {
        if let Event::BlockChanged { user, on, .. } = event
            && last.try_update_value(|last| last.replace((user, on))) != Some(Some((user, on)))
        {
            reload();
        }
    }));
}
