//! Blocks of users, as an open page changes them and learns of them.

use leptos::prelude::*;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user;
use crate::ui::state::LiveEvents;
use crate::ui::state::page_change::PageChange;
use crate::ui::state::page_resource::PageResource;

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

/// Calls `reload` when the user has blocked another one whom the page shows, or has removed the block, on this or
/// another page. The page that did so hears of it twice, and reloads once.
pub fn reload_after_block(
    shows: impl Fn(user::Id) -> bool + Send + Sync + 'static,
    reload: impl Fn() + Send + Sync + 'static,
) {
    let last = StoredValue::new(None);
    expect_context::<LiveEvents>().listen(Callback::new(move |event: Event| {
        if let Event::BlockChanged { user, on, .. } = event
            && shows(user)
            && last.try_update_value(|last| last.replace((user, on))) != Some(Some((user, on)))
        {
            reload();
        }
    }));
}

/// Returns whether a page shows a user. `find` looks for them in what the page has loaded; a page that is still loading
/// or could not load may show anyone.
pub fn shows<T: Send + Sync + 'static>(
    loaded: PageResource<Result<T, AppError>>,
    find: impl FnOnce(&T) -> bool,
) -> bool {
    let found = loaded.try_with_untracked(|loaded| loaded.as_ref()?.as_ref().ok().map(find));
    found.flatten().unwrap_or(true)
}
