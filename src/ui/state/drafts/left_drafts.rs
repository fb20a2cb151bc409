//! Drafts whose composers are not on the page: the user sees and discards them without one. Runs in the browser only.

use leptos::prelude::*;

use crate::domain::user;
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::drafts::Drafts;
use crate::ui::state::local_store::LocalStore;

/// Kind of the values that the browser keeps beside the drafts of first messages: the names of their recipients.
const RECIPIENT: &str = "recipient";

/// Draft of a first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDraft {
    pub recipient: user::Id,
    /// The recipient's name when the user wrote to them; `None` if an earlier version of the page kept the draft.
    pub name: Option<String>,
    pub text: String,
}

impl Drafts {
    /// Keeps the name of a user to whom a first message is written.
    pub fn keep_recipient(&self, recipient: user::Id, name: &str) {
        if let Some(owner) = self.owner() {
            let _ = LocalStore::new(RECIPIENT, owner).put(&recipient.to_string(), name);
        }
    }

    /// Returns the drafts of first messages.
    pub fn first_messages(&self) -> Vec<FirstDraft> {
        let texts = self.texts.read();
        let Some(store) = self.owner().map(|owner| LocalStore::new(RECIPIENT, owner)) else { return Vec::new() };
        let first = |(target, text): (&Target, &String)| match target {
            Target::Person(recipient) if !text.trim().is_empty() => {
                Some(FirstDraft { recipient: *recipient, name: store.get(&recipient.to_string()), text: text.clone() })
            }
            Target::Person(_) | Target::Conversation(_) => None,
        };
        texts.iter().filter_map(first).collect()
    }

    /// Returns what the user has written at a target: the draft, and the text of an edit in progress.
    pub fn texts_of(&self, target: ComposeTarget) -> Vec<String> {
        let texts = self.texts.read();
        let drafts = target.targets().filter_map(|it| texts.get(&it).cloned());
        drafts.chain(self.edit_in(target)).filter(|text| !text.trim().is_empty()).collect()
    }

    /// Discards what the user has written at a target.
    pub fn discard(self, target: ComposeTarget) {
        let Some(store) = self.store.try_get_value().flatten() else { return };
        self.keep_edit(target, "");
        self.keep_mode(target, "");
        for target in target.targets() {
            // An empty text is kept, so that other pages take it over.
            let _ = store.keep(&target.to_string(), "");
            self.set(target, "");
            self.note_kept(target, true);
            if let Target::Person(recipient) = target {
                LocalStore::new(RECIPIENT, store.owner()).remove(&recipient.to_string());
            }
        }
    }
}
