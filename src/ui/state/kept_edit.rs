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

    /// Returns the text, if there is one, and the number of edits of the text that it is based on.
    pub fn read(&self) -> Option<(u32, String)> {
        read(&self.store.get(&self.message.to_string())?)
    }

    /// Keeps a text.
    pub fn keep(&self, edits: u32, text: &str) {
        self.store.put(&self.message.to_string(), &written(edits, text));
    }

    /// Forgets the text, which has been saved or given up.
    pub fn forget(&self) {
        self.store.remove(&self.message.to_string());
    }
}

fn written(edits: u32, text: &str) -> String {
    format!("{edits} {text}")
}

fn read(kept: &str) -> Option<(u32, String)> {
    let (edits, text) = kept.split_once(' ')?;
    Some((edits.parse().ok()?, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_text_is_read_as_it_was_written() {
        for text in ["", "half of it", " 7 lines\nand more "] {
            assert_eq!(read(&written(3, text)), Some((3, text.to_owned())), "{text:?}");
        }
        for kept in ["", "text", "x text"] {
            assert_eq!(read(kept), None, "{kept}");
        }
    }
}
