//! The drafts of a user. Runs in the browser only.

use leptos::ev;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

use crate::domain::sorted::SortedMap;
use crate::domain::{conversation, user};
use crate::ui::state::compose_target::{ComposeTarget, Target};
use crate::ui::state::drafts::kinds::{EDIT, MODE};
use crate::ui::state::drafts::shared_draft::{SharedDraft, join};
use crate::ui::state::local_store::{self, LocalStore};

/// Maximum length of a draft in the list of conversations, in characters.
const PREVIEW_LEN_MAX: usize = 100;

/// The user's drafts.
#[derive(Clone, Copy)]
pub struct Drafts {
    pub(super) store: StoredValue<Option<LocalStore>>,
    pub(super) texts: RwSignal<SortedMap<Target, String>>,
    /// The drafts that the browser has refused to keep.
    unkept: RwSignal<Vec<Target>>,
    loaded: RwSignal<bool>,
    /// Notifies the composers of changes by other pages.
    changes: RwSignal<()>,
    /// True from the sign-out on another page until the user is signed in again: nothing is kept.
    is_closed: StoredValue<bool>,
    /// The conversation in whose composer the user continues, after writing on the page that led there.
    resume_in: StoredValue<Option<conversation::Id>>,
}

impl Drafts {
    /// Creates an empty set of drafts.
    pub fn new() -> Self {
        Self {
            store: StoredValue::new(None),
            texts: RwSignal::new(SortedMap::default()),
            unkept: RwSignal::new(Vec::new()),
            loaded: RwSignal::new(false),
            changes: RwSignal::new(()),
            is_closed: StoredValue::new(false),
            resume_in: StoredValue::new(None),
        }
    }

    /// Loads the drafts of `me`. Call it once the page is hydrated.
    pub fn start(self, me: user::Id) {
        let store = LocalStore::new("draft", me);
        let saved = store.all().into_iter().filter_map(|(name, text)| Some((name.parse().ok()?, text)));
        self.texts.set(saved.collect());
        self.store.set_value(Some(store));
        self.loaded.set(true);
        let of_edits = [EDIT, MODE].map(|kind| LocalStore::new(kind, me));
        let other_pages = window_event_listener(ev::storage, move |event| match (event.key(), event.new_value()) {
            (Some(key), Some(text)) => {
                if let Some(target) = store.name_in(&key).and_then(|name| name.parse().ok()) {
                    self.set(target, &text);
                    self.changes.try_set(());
                } else if of_edits.iter().any(|store| store.name_in(&key).is_some()) {
                    self.changes.try_set(());
                }
            }
            // Only a sign-out removes a draft, and it gives notice of its own.
            (Some(_), None) => {}
            (None, _) => {
                self.reconcile();
                self.changes.try_set(());
            }
        });
        on_cleanup(move || other_pages.remove());
    }

    /// Returns whether the drafts have been loaded.
    pub fn are_loaded(&self) -> bool {
        self.loaded.get()
    }

    /// Returns the beginning of the draft for a target, if there is one.
    pub fn preview_of(&self, target: ComposeTarget) -> Option<String> {
        let texts = self.texts.read();
        let text =
            target.targets().find_map(|it| texts.get(&it).map(|text| text.trim()).filter(|it| !it.is_empty()))?;
        let mut chars = text.chars();
        let mut preview: String = chars.by_ref().take(PREVIEW_LEN_MAX).collect();
        if chars.next().is_some() {
            preview.push('…');
        }
        Some(preview)
    }

    /// Returns whether there are no drafts.
    pub fn is_empty(&self) -> bool {
        self.texts.read().values().all(|text| text.trim().is_empty())
    }

    /// Returns whether this page alone has some of the drafts.
    pub fn has_unkept(&self) -> bool {
        // On the server no page is loaded.
        !self.unkept.read().is_empty() || (self.loaded.get() && local_store::has_unkept())
    }

    /// Returns whether this page alone has the draft for a target.
    pub fn is_unkept(&self, target: ComposeTarget) -> bool {
        target.targets().any(|it| self.unkept.read().contains(&it))
    }

    /// Runs the calling effect again when another page has changed a draft.
    pub fn track_other_pages(&self) {
        self.changes.track();
    }

    /// Brings together the text of a composer's field and the kept draft, and returns the text that the field must
    /// show.
    pub fn sync(&self, draft: &mut SharedDraft, target: ComposeTarget, typed: &str) -> String {
        let Some((store, target)) = self.store.try_get_value().flatten().zip(target.targets().next()) else {
            return typed.to_owned();
        };
        if self.are_closed() {
            draft.forget();
            self.note_kept(target, typed.trim().is_empty());
            return typed.to_owned();
        }
        let name = target.to_string();
        let synced = draft.sync(typed, store.get(&name).as_deref(), |text| store.keep(&name, text));
        if synced.is_kept {
            store.forget_unkept(&name);
        }
        self.set(target, &synced.text);
        self.note_kept(target, synced.is_kept || synced.text.trim().is_empty());
        synced.text
    }

    /// Like [`Drafts::sync`], for a composer that has just been opened. A draft from before the conversation existed
    /// moves to the conversation.
    pub fn open(&self, draft: &mut SharedDraft, target: ComposeTarget, typed: &str) -> String {
        let Some(store) = self.store.try_get_value().flatten() else { return typed.to_owned() };
        let typed = &join(&take_unkept(store, target), typed);
        let Some(earlier) = target.targets().nth(1) else { return self.sync(draft, target, typed) };
        self.move_edit(store.owner(), earlier, target);
        let kept = store.get(&earlier.to_string()).unwrap_or_default();
        if kept.trim().is_empty() {
            return self.sync(draft, target, typed);
        }
        let text = self.sync(draft, target, &join(&kept, typed));
        if !self.is_unkept(target) {
            let _ = store.put(&earlier.to_string(), "");
            self.set(earlier, "");
        }
        text
    }

    /// Returns the user whose drafts these are, once they have been loaded.
    pub fn owner(&self) -> Option<user::Id> {
        self.store.try_get_value().flatten().map(|store| store.owner())
    }

    /// Puts back the drafts that the browser has lost.
    pub fn reconcile(self) {
        let Some(store) = self.store.try_get_value().flatten() else { return };
        if self.are_closed() {
            return;
        }
        let texts = self.texts.try_get_untracked().unwrap_or_default();
        for (target, text) in texts.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let name = target.to_string();
            if store.get(&name).is_none() {
                self.note_kept(*target, store.put(&name, text));
            }
        }
    }

    /// Forgets the drafts of the user, who has signed out and discarded them. Their keys are removed elsewhere. The
    /// text in an open composer stays there until its page is closed.
    pub fn close(self) {
        let _ = self.is_closed.try_set_value(true);
        self.texts.try_set(SortedMap::default());
        self.unkept.try_set(Vec::new());
        local_store::forget_all_unkept();
        self.changes.try_set(());
    }

    /// Keeps drafts again: the user is about to sign in, or has signed in on another page.
    pub fn reopen(self) {
        if self.is_closed.try_get_value() == Some(true) {
            self.is_closed.set_value(false);
            self.changes.try_set(());
        }
    }

    /// Returns whether the user has signed out on another page, so that nothing is kept.
    pub fn are_closed(&self) -> bool {
        self.is_closed.try_get_value() != Some(false)
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

    pub(super) fn set(self, target: Target, text: &str) {
        if self.texts.try_with_untracked(|texts| texts.get(&target).is_some_and(|it| it == text)) == Some(false) {
            self.texts.update(|texts| texts.insert(target, text.to_owned()));
        }
    }

    pub(super) fn note_kept(self, target: Target, is_kept: bool) {
        if self.unkept.try_with_untracked(|unkept| unkept.contains(&target) == is_kept) == Some(true) {
            self.unkept.update(|unkept| match is_kept {
                true => unkept.retain(|it| *it != target),
                false => unkept.push(target),
            });
        }
    }
}

/// Takes the texts of a composer that was left while the browser refused to keep them.
fn take_unkept(store: LocalStore, target: ComposeTarget) -> String {
    target.targets().fold(String::new(), |text, target| {
        let name = target.to_string();
        let unkept = store.unkept(&name).unwrap_or_default();
        store.forget_unkept(&name);
        join(&unkept, &text)
    })
}

impl Default for Drafts {
    fn default() -> Self {
        Self::new()
    }
}
