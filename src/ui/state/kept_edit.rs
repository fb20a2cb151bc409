//! Text that the user has typed into the edit form of a message's page, as the browser keeps it. Runs in the browser
//! only.

use crate::domain::{message, user};
use crate::ui::state::drafts::EDIT;
use crate::ui::state::local_store::LocalStore;

/// Kept text of one message. A sign-out asks before it is lost.
#[derive(Debug, Clone, Copy)]
pub struct KeptEdit {
    store: LocalStore,
    message: message::Id,
}

impl KeptEdit {
    /// Returns the text that `me` has typed for a message.
    pub fn new(me: user::Id, message: message::Id) -> Self {
        Self { store: LocalStore::new(EDIT, me), message }
    }

    /// Returns the text, if there is one.
    pub fn text(&self) -> Option<String> {
        self.store.get(&self.message.to_string()).filter(|text| !text.is_empty())
    }

    /// Keeps a text, unless it is the one that is `stored`.
    pub fn keep(&self, text: &str, stored: &str) {
        if text == stored {
            self.forget();
        } else {
            self.store.put(&self.message.to_string(), text);
        }
    }

    /// Forgets the text, which has been saved or given up.
    pub fn forget(&self) {
        self.store.remove(&self.message.to_string());
    }
}
