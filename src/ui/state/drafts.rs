//! Drafts of messages, by target. Kept by the browser.

use std::collections::BTreeMap;

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;

use crate::domain::{conversation, user};
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::local_store::LocalStore;

/// The user's drafts.
#[derive(Clone, Copy)]
pub struct Drafts {
    store: StoredValue<Option<LocalStore>>,
    texts: RwSignal<BTreeMap<Target, String>>,
    loaded: RwSignal<bool>,
    /// The conversation in whose composer the user continues, after writing on the page that led there.
    resume_in: StoredValue<Option<conversation::Id>>,
}

impl Drafts {
    /// Creates an empty set of drafts.
    pub fn new() -> Self {
        Self {
            store: StoredValue::new(None),
            texts: RwSignal::new(BTreeMap::new()),
            loaded: RwSignal::new(false),
            resume_in: StoredValue::new(None),
        }
    }

    /// Loads the drafts of `me`. Call it once the page is hydrated.
    pub fn start(self, me: user::Id) {
        let store = LocalStore::new("draft", me);
        let load = move || {
            let saved = store.all().into_iter().filter_map(|(name, text)| Some((name.parse().ok()?, text)));
            self.texts.try_set(saved.collect());
        };
        load();
        self.store.set_value(Some(store));
        self.loaded.set(true);
        let other_pages = window_event_listener_untyped("storage", move |_| load());
        on_cleanup(move || other_pages.remove());
    }

    /// Returns whether the drafts have been loaded.
    pub fn are_loaded(&self) -> bool {
        self.loaded.get()
    }

    /// Returns the draft for a target.
    pub fn of(&self, target: ComposeTarget) -> Option<String> {
        let texts = self.texts.read();
        target.targets().find_map(|it| texts.get(&it).cloned())
    }

    /// Saves the text of a composer. A draft from before the conversation existed moves to the conversation.
    pub fn save(&self, target: ComposeTarget, text: &str) {
        for (n, target) in target.targets().enumerate() {
            self.save_for(target, if n == 0 { text } else { "" });
        }
    }

    /// Lets the user continue in the composer of a conversation, once it is open, if the composer has the focus now.
    pub fn resume_in(&self, conversation: conversation::Id) {
        let is_writing = document().active_element().is_some_and(|it| it.class_list().contains("composer__field"));
        self.resume_in.set_value(is_writing.then_some(conversation));
    }

    /// Returns whether the user continues in this composer. The answer is true once.
    pub fn take_resume(&self, target: ComposeTarget) -> bool {
        let resume_in = self.resume_in.try_update_value(Option::take).flatten();
        resume_in.is_some() && resume_in == target.conversation_id()
    }

    fn save_for(&self, target: Target, text: &str) {
        let Some(store) = self.store.try_get_value().flatten() else { return };
        let known = self.texts.try_with_untracked(|texts| texts.get(&target).cloned()).flatten();
        if known.as_deref().unwrap_or_default() == text {
            return;
        }
        if text.trim().is_empty() {
            store.remove(&target.to_string());
            self.texts.update(|texts| drop(texts.remove(&target)));
        } else {
            // If the browser refuses to keep it, at least this page does.
            let _ = store.put(&target.to_string(), text);
            self.texts.update(|texts| drop(texts.insert(target, text.to_owned())));
        }
    }
}

impl Default for Drafts {
    fn default() -> Self {
        Self::new()
    }
}
