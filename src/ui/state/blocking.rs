//! Blocks of users, as an open page changes them and learns of them.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::api;
use crate::domain::error::AppError;
use crate::domain::event::Event;
use crate::domain::user;
use crate::ui::state::LiveEvents;
use crate::ui::state::heading_focus::HeadingFocus;

/// Form that blocks a user or removes the block.
#[derive(Clone, Copy)]
pub struct BlockChange {
    user: user::Id,
    on: bool,
    action: Action<(), Result<(), AppError>>,
    heading: Option<HeadingFocus>,
}

impl BlockChange {
    /// Creates the form. Once the server has stored the change, the page hears of it as its other pages do.
    pub fn new(user: user::Id, on: bool) -> Self {
        let live = use_context::<LiveEvents>();
        let action = Action::new(move |(): &()| async move {
            api::block_user(user, on).await?;
            if let Some(live) = live {
                // The page acts for its own user, whom it need not name.
                live.dispatch(&Event::BlockChanged { by: user, user, on });
            }
            Ok(())
        });
        Self { user, on, action, heading: use_context() }
    }

    /// Submits the form with script.
    pub fn submit(self, event: &SubmitEvent) {
        event.prevent_default();
        if !self.action.pending().get_untracked() {
            if let Some(heading) = self.heading {
                heading.expect_new_page();
            }
            self.action.dispatch(());
        }
    }

    /// Fields of the form without script: the user, and whether they are to be blocked.
    pub fn fields(self) -> [(&'static str, String); 2] {
        [("user", self.user.to_string()), ("on", self.on.to_string())]
    }

    /// Error of the last attempt.
    pub fn error(self) -> Option<AppError> {
        self.action.value().get().and_then(Result::err)
    }
}

/// Calls `reload` when the user has blocked another one, or removed a block, on this or another page. The page that did so
/// hears of it twice, and reloads once.
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
