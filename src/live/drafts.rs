//! What somebody has begun to write, by conversation. Kept by the browser.

use std::collections::BTreeMap;

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;

use crate::live::storage::Shelf;
use crate::{conversation, user};

/// The drafts of a person.
#[derive(Clone, Copy)]
pub struct Drafts {
    shelf: StoredValue<Option<Shelf>>,
    texts: RwSignal<BTreeMap<conversation::Id, String>>,
    out: RwSignal<bool>,
}

impl Drafts {
    /// None yet.
    pub fn new() -> Self {
        Self { shelf: StoredValue::new(None), texts: RwSignal::new(BTreeMap::new()), out: RwSignal::new(false) }
    }

    /// Takes out what `me` has begun before. To be called when the page is alive.
    pub fn start(self, me: user::Id) {
        let shelf = Shelf::new("draft", me);
        let load = move || {
            let kept = shelf.all().into_iter().filter_map(|(name, text)| Some((name.parse().ok()?, text)));
            self.texts.try_set(kept.collect());
        };
        load();
        self.shelf.set_value(Some(shelf));
        self.out.set(true);
        let others = window_event_listener_untyped("storage", move |_| load());
        on_cleanup(move || others.remove());
    }

    /// Whether what was begun before has been taken out.
    pub fn are_out(&self) -> bool {
        self.out.get()
    }

    /// What has been begun in a conversation.
    pub fn of(&self, conversation: conversation::Id) -> Option<String> {
        self.texts.read().get(&conversation).cloned()
    }

    /// Keeps what is in the field now.
    pub fn keep(&self, conversation: conversation::Id, text: &str) {
        let Some(shelf) = self.shelf.try_get_value().flatten() else { return };
        let known = self.texts.try_with_untracked(|texts| texts.get(&conversation).cloned()).flatten();
        if known.as_deref().unwrap_or_default() == text {
            return;
        }
        if text.trim().is_empty() {
            shelf.remove(&conversation.to_string());
            self.texts.update(|texts| drop(texts.remove(&conversation)));
        } else {
            // Where the browser keeps nothing, this page does.
            let _ = shelf.put(&conversation.to_string(), text);
            self.texts.update(|texts| drop(texts.insert(conversation, text.to_owned())));
        }
    }
}

impl Default for Drafts {
    fn default() -> Self {
        Self::new()
    }
}
