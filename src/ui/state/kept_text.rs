//! Text that the user types into a form of a page, as the browser keeps it until the form has been accepted: the edit of
//! a message on its page, and a report. Runs in the browser only.

use leptos::ev;
use leptos::html::Textarea;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;

use crate::domain::{message, user};
use crate::ui::state::drafts::shared_draft::{SharedDraft, join};
use crate::ui::state::drafts::{Drafts, EDIT};
use crate::ui::state::local_store::LocalStore;
use crate::ui::state::reactive::effect;

/// Kind of the values of reports. A sign-out asks before they are lost.
pub(super) const REPORT: &str = "report";

/// Kept text of one form. All pages of a browser share it, as they share drafts: each keeps what is typed into it, and
/// takes over what another page keeps.
#[derive(Clone, Copy)]
pub struct KeptText {
    store: LocalStore,
    /// True for the edit of a message: the number of edits on which it is based is kept with it.
    is_edit: bool,
    name: StoredValue<String>,
    /// The kept text, as this page last saw it.
    agreed: StoredValue<SharedDraft>,
    /// The drafts of the user, which a sign-out closes.
    drafts: Option<Drafts>,
    pub field: NodeRef<Textarea>,
    /// True while this page alone has the text.
    pub is_unkept: RwSignal<bool>,
}

impl KeptText {
    /// Returns the text that `me` has typed for a message.
    pub fn of_edit(me: user::Id, message: message::Id) -> Self {
        Self::new(LocalStore::new(EDIT, me), true, message.to_string())
    }

    /// Returns the text of the report that `me` writes on the page with this path.
    pub fn of_report(me: user::Id, path: String) -> Self {
        Self::new(LocalStore::new(REPORT, me), false, path)
    }

    fn new(store: LocalStore, is_edit: bool, name: String) -> Self {
        Self {
            store,
            is_edit,
            name: StoredValue::new(name),
            agreed: StoredValue::default(),
            drafts: use_context(),
            field: NodeRef::new(),
            is_unkept: RwSignal::new(false),
        }
    }

    /// Returns the text, if there is one, and the number of edits of the message that it is based on.
    pub fn read(self) -> Option<(u32, String)> {
        let kept = self.name.with_value(|name| self.store.kept(name))?;
        self.parse(&kept).filter(|(_, text)| !text.is_empty())
    }

    /// Puts the kept text into the field once that is there, and follows other pages. `shown`: the text that the page
    /// was rendered with. `edits`: number of edits of the message that the text in the field is based on. `changed`
    /// gets each text that the field takes over.
    pub fn start(self, shown: String, edits: RwSignal<u32>, changed: impl Fn(String) + Copy + 'static) {
        let take_over = move |kept: Option<String>, first: Option<&str>| {
            let Some(field) = self.field.get_untracked() else { return };
            let kept = kept.and_then(|kept| self.parse(&kept));
            let typed = first.map_or_else(|| field.value(), |shown| self.typed_before(shown, field.value()));
            if let Some((edits_before, _)) = kept.as_ref().filter(|(_, text)| !text.is_empty()) {
                edits.set(*edits_before);
            }
            let text = self.sync(edits.get_untracked(), &typed, kept.map(|(_, text)| text));
            if text != field.value() {
                field.set_value(&text);
                changed(text);
            }
        };
        let rendered = shown.clone();
        self.agreed.set_value(SharedDraft::with(shown));
        effect(move || {
            if let Some(field) = self.field.get() {
                let kept = self.name.with_value(|name| self.store.get(name));
                if kept.is_some() || self.read().is_some() || field.value() != rendered {
                    take_over(kept, Some(&rendered));
                }
            }
        });
        effect(move || {
            let other_pages = window_event_listener(ev::storage, move |event| {
                let (key, kept) = (event.key(), event.new_value());
                let name = key.as_deref().and_then(|key| self.store.name_in(key));
                let is_own = name.is_some_and(|name| self.name.try_with_value(|own| own == name) == Some(true));
                if is_own && kept.is_some() {
                    take_over(kept, None);
                }
            });
            on_cleanup(move || other_pages.remove());
        });
    }

    /// Returns what the user has typed so far: on an earlier page, if the browser has refused to keep it, and into the
    /// field before the page was hydrated.
    fn typed_before(self, shown: &str, in_field: String) -> String {
        let unkept = self.name.with_value(|name| self.store.unkept(name)).and_then(|kept| self.parse(&kept));
        match unkept {
            Some((_, unkept)) if in_field == shown => unkept,
            Some((_, unkept)) => join(&unkept, &in_field),
            None => in_field,
        }
    }

    /// Keeps what is typed. If another page has kept something else meanwhile, the field shows both.
    pub fn keep(self, edits: u32) {
        let Some(field) = self.field.get_untracked() else { return };
        let kept = self.name.with_value(|name| self.store.get(name));
        let text = self.sync(edits, &field.value(), kept.and_then(|kept| self.parse(&kept)).map(|(_, text)| text));
        if text != field.value() {
            field.set_value(&text);
        }
    }

    fn sync(self, edits: u32, typed: &str, kept: Option<String>) -> String {
        if self.drafts.is_some_and(|drafts| drafts.are_closed()) {
            let _ = self.agreed.try_update_value(SharedDraft::forget);
            self.is_unkept.try_set(!typed.trim().is_empty());
            return typed.to_owned();
        }
        let put = |text: &str| self.name.with_value(|name| self.store.keep(name, &self.written(edits, text)));
        let synced = self.agreed.try_update_value(|agreed| agreed.sync(typed, kept.as_deref(), put));
        let Some(synced) = synced else { return typed.to_owned() };
        self.is_unkept.set(!synced.is_kept && !synced.text.trim().is_empty());
        synced.text
    }

    /// Forgets the text, which has been accepted or given up. Other pages that show it empty their field.
    pub fn forget(self) {
        let _ = self.name.try_with_value(|name| {
            if self.store.get(name).is_some() {
                self.store.put(name, &self.written(0, ""));
            }
        });
        self.abandon();
    }

    /// Forgets the text, which has become useless. Other pages go on showing it.
    pub fn abandon(self) {
        let _ = self.name.try_with_value(|name| self.store.forget(name));
        let shown = self.field.try_get_untracked().flatten().map(|field| field.value());
        let _ = self.agreed.try_set_value(SharedDraft::with(shown.unwrap_or_default()));
        self.is_unkept.try_set(false);
    }

    fn written(self, edits: u32, text: &str) -> String {
        if self.is_edit { format!("{edits} {text}") } else { text.to_owned() }
    }

    fn parse(self, kept: &str) -> Option<(u32, String)> {
        if !self.is_edit {
            return Some((0, kept.to_owned()));
        }
        let (edits, text) = kept.split_once(' ')?;
        Some((edits.parse().ok()?, text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_kept_text_is_read_as_it_was_written() {
        let owner = Owner::new();
        owner.set();
        let edit = KeptText::of_edit(user::Id(Uuid::nil()), message::Id(Uuid::nil()));
        for text in ["", "half of it", " 7 lines\nand more "] {
            assert_eq!(edit.parse(&edit.written(3, text)), Some((3, text.to_owned())), "{text:?}");
        }
        for kept in ["", "text", "x text"] {
            assert_eq!(edit.parse(kept), None, "{kept}");
        }
        let report = KeptText::of_report(user::Id(Uuid::nil()), "/".to_owned());
        assert_eq!(report.parse(&report.written(0, "7 lines")), Some((0, "7 lines".to_owned())));
    }
}
