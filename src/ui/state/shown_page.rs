//! Page of its messages that an open conversation shows.

use leptos::prelude::*;

use crate::api;
use crate::domain::conversation::{self, ConversationView};
use crate::domain::error::AppError;
use crate::domain::page::Cursor;
use crate::ui::state::heading_focus::load_again;
use crate::ui::state::location::replace_address;
use crate::ui::state::page_resource::{PageResource, page_resource};

/// The page that the address has selected, or the newest one after a jump there, of which the router does not know.
#[derive(Clone, Copy)]
pub struct ShownPage {
    /// True if the user has jumped to the newest messages since the address has selected a page.
    is_newest: StoredValue<bool>,
    /// Loads the page again.
    load: Callback<()>,
}

/// Opens the pages that the address selects, and provides [`ShownPage`] as a context. `address` returns the
/// conversation and the cursor.
pub fn open_pages(
    address: impl Fn() -> (conversation::Id, Option<Cursor>) + Send + Sync + 'static,
) -> (PageResource<Result<ConversationView, AppError>>, ShownPage) {
    let (is_newest, last) = (StoredValue::new(false), StoredValue::new(None));
    // Also called before the page is loaded again, with the same address.
    let source = move || {
        let (id, at) = address();
        let address = Some((id, at.clone()));
        if last.try_update_value(|last| std::mem::replace(last, address.clone())) != Some(address) {
            is_newest.set_value(false);
        }
        (id, at.filter(|_| !is_newest.get_value()))
    };
    let opened = page_resource(source, |(id, at)| api::open_conversation(id, at));
    let again = load_again(opened);
    let shown = ShownPage { is_newest, load: Callback::new(move |()| again()) };
    provide_context(shown);
    (opened, shown)
}

impl ShownPage {
    /// Page outside a conversation.
    #[cfg(test)]
    pub fn none() -> Self {
        Self { is_newest: StoredValue::new(false), load: Callback::new(|()| {}) }
    }

    /// Returns what the address selects, unless the user has left it for the newest messages.
    pub fn selected<T>(self, in_address: impl FnOnce() -> T) -> Option<T> {
        (!self.is_newest.get_value()).then(|| untrack(in_address))
    }

    /// Notes a jump to the newest messages. `path` is the address of the conversation.
    pub fn leave_for_newest(self, path: &str) {
        replace_address(path);
        self.is_newest.set_value(true);
    }

    /// Opens the page of the router's address once more: the router loads nothing for the address at which it is.
    pub fn open_again(self, address: &str) {
        replace_address(address);
        self.is_newest.set_value(false);
        self.load.run(());
    }
}
