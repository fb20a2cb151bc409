//! Values that the browser keeps beside the drafts: the texts of edits in progress, and the modes of the composers.
//! Runs in the browser only.

use leptos::prelude::*;

use crate::domain::user;
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::drafts::kept_drafts::Drafts;
use crate::ui::state::drafts::kinds::{EDIT, MODE};
use crate::ui::state::drafts::shared_draft::SharedDraft;
use crate::ui::state::local_store::LocalStore;

impl Drafts {
    /// Like [`Drafts::sync`], for the text of an edit in progress.
    pub fn sync_edit(&self, draft: &mut SharedDraft, target: ComposeTarget, typed: &str) -> String {
        let Some((store, target, name)) = self.store_of(EDIT, target) else {
            if let Some(target) = target.targets().next() {
                self.note_kept(target, typed.trim().is_empty());
            }
            return typed.to_owned();
        };
        let synced = draft.sync(typed, store.get(&name).as_deref(), |text| store.keep(&name, text));
        if synced.is_kept {
            store.forget_unkept(&name);
        } else {
            self.note_kept(target, false);
        }
        synced.text
    }

    /// Returns the kept text of an edit in progress.
    pub fn edit_in(&self, target: ComposeTarget) -> Option<String> {
        let (store, _, name) = self.store_of(EDIT, target)?;
        store.kept(&name).filter(|text| !text.is_empty())
    }

    /// Returns the text of an edit in progress as the browser has it, if this page has a newer one.
    pub fn outdated_edit_in(&self, target: ComposeTarget) -> Option<String> {
        let (store, _, name) = self.store_of(EDIT, target)?;
        store.unkept(&name).map(|_| store.get(&name).unwrap_or_default())
    }

    /// Keeps the text of an edit that begins; an empty text ends it.
    pub fn keep_edit(&self, target: ComposeTarget, text: &str) {
        if let Some((store, _, name)) = self.store_of(EDIT, target)
            && (!text.is_empty() || store.kept(&name).is_some())
        {
            let _ = store.keep(&name, text);
        }
    }

    /// Returns what the composer of a target writes, as it was kept; empty for a new message.
    pub fn mode_in(&self, target: ComposeTarget) -> Option<String> {
        let (store, _, name) = self.store_of(MODE, target)?;
        store.kept(&name)
    }

    /// Keeps what the composer of a target writes.
    pub fn keep_mode(&self, target: ComposeTarget, mode: &str) {
        if let Some((store, _, name)) = self.store_of(MODE, target)
            && (!mode.is_empty() || store.kept(&name).is_some())
        {
            let _ = store.keep(&name, mode);
        }
    }

    /// Returns the store of a kind of values, unless nothing is kept, with the name of those for a composer.
    fn store_of(&self, kind: &'static str, target: ComposeTarget) -> Option<(LocalStore, Target, String)> {
        let store = self.store.try_get_value().flatten()?;
        let target = target.targets().next()?;
        (!self.are_closed()).then(|| (LocalStore::new(kind, store.owner()), target, target.to_string()))
    }

    /// Moves an edit in progress from before the conversation existed to the conversation.
    pub(super) fn move_edit(&self, owner: user::Id, earlier: Target, target: ComposeTarget) {
        let Some(target) = target.targets().next() else { return };
        for store in [EDIT, MODE].map(|kind| LocalStore::new(kind, owner)) {
            let value = |target: Target| store.get(&target.to_string()).filter(|text| !text.is_empty());
            if let (Some(text), None) = (value(earlier), value(target))
                && store.put(&target.to_string(), &text)
            {
                let _ = store.put(&earlier.to_string(), "");
            }
        }
    }
}
