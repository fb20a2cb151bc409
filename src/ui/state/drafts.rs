//! What somebody has begun to write, by where it is to go. Kept by the browser.

use std::collections::BTreeMap;

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;

use crate::domain::{conversation, user};
use crate::ui::state::compose_target::{Place, To};
use crate::ui::state::local_store::Shelf;

/// The drafts of a person.
#[derive(Clone, Copy)]
pub struct Drafts {
    shelf: StoredValue<Option<Shelf>>,
    texts: RwSignal<BTreeMap<To, String>>,
    out: RwSignal<bool>,
    /// In which conversation whoever was writing elsewhere goes on.
    going_on: StoredValue<Option<conversation::Id>>,
}

impl Drafts {
    /// None yet.
    pub fn new() -> Self {
        Self {
            shelf: StoredValue::new(None),
            texts: RwSignal::new(BTreeMap::new()),
            out: RwSignal::new(false),
            going_on: StoredValue::new(None),
        }
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

    /// What has been begun in a place.
    pub fn of(&self, place: Place) -> Option<String> {
        let texts = self.texts.read();
        place.ways().find_map(|to| texts.get(&to).cloned())
    }

    /// Keeps what is in the field now. What was begun before there was a conversation is that conversation's from now on.
    pub fn keep(&self, place: Place, text: &str) {
        for (n, to) in place.ways().enumerate() {
            self.keep_for(to, if n == 0 { text } else { "" });
        }
    }

    /// Whoever is writing goes on in the field of a conversation, once that is open.
    pub fn go_on_in(&self, conversation: conversation::Id) {
        let is_writing = document().active_element().is_some_and(|it| it.class_list().contains("composer__field"));
        self.going_on.set_value(is_writing.then_some(conversation));
    }

    /// Whether whoever was writing goes on here. Answered once.
    pub fn goes_on_in(&self, place: Place) -> bool {
        let going_on = self.going_on.try_update_value(Option::take).flatten();
        going_on.is_some() && going_on == place.conversation
    }

    fn keep_for(&self, to: To, text: &str) {
        let Some(shelf) = self.shelf.try_get_value().flatten() else { return };
        let known = self.texts.try_with_untracked(|texts| texts.get(&to).cloned()).flatten();
        if known.as_deref().unwrap_or_default() == text {
            return;
        }
        if text.trim().is_empty() {
            shelf.remove(&to.to_string());
            self.texts.update(|texts| drop(texts.remove(&to)));
        } else {
            // Where the browser keeps nothing, this page does.
            let _ = shelf.put(&to.to_string(), text);
            self.texts.update(|texts| drop(texts.insert(to, text.to_owned())));
        }
    }
}

impl Default for Drafts {
    fn default() -> Self {
        Self::new()
    }
}
