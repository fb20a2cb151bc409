//! Text that the user types into a form of a page, as the browser keeps it until the form has been accepted: the edit
//! of a message on its page, and a report. Runs in the browser only.

use std::cell::RefCell;

use leptos::ev;
use leptos::html::Textarea;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;
use uuid::Uuid;

use crate::domain::{message, user};
use crate::ui::state::drafts::shared_draft::join;
use crate::ui::state::drafts::{Drafts, EDIT};
use crate::ui::state::local_store::{LocalStore, keep_tab_setting, tab_setting};
use crate::ui::state::reactive::effect;

/// Kind of the values of reports. A sign-out asks before they are lost.
pub(super) const REPORT: &str = "report";

thread_local! {
    /// Id of this tab. A browser that refuses to keep it gets another one with each document.
    static TAB: RefCell<String> = RefCell::new(tab_setting("tab").unwrap_or_else(new_tab));
}

fn new_tab() -> String {
    let id = Uuid::now_v7().simple().to_string();
    keep_tab_setting("tab", &id);
    id
}

/// Kept text of one form. Each tab keeps its own, and shows that of another tab as long as it has none.
#[derive(Clone, Copy)]
pub struct KeptText {
    store: LocalStore,
    /// True for the edit of a message: the number of edits on which it is based is kept with it.
    is_edit: bool,
    /// Beginning of the names of the values, which end with the tabs.
    form: StoredValue<String>,
    /// The drafts of the user, which a sign-out closes.
    drafts: Option<Drafts>,
    pub field: NodeRef<Textarea>,
    /// Text that the page was rendered with.
    rendered: StoredValue<String>,
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

    fn new(store: LocalStore, is_edit: bool, form: String) -> Self {
        Self {
            store,
            is_edit,
            form: StoredValue::new(form),
            drafts: use_context(),
            field: NodeRef::new(),
            rendered: StoredValue::default(),
            is_unkept: RwSignal::new(false),
        }
    }

    /// Returns the text, if there is one, and the number of edits of the message that it is based on.
    pub fn read(self) -> Option<(u32, String)> {
        let kept = self.store.kept(&self.name()).or_else(|| self.store.get(self.names().first()?))?;
        self.parse(&kept).filter(|(_, text)| !text.is_empty())
    }

    /// Puts the kept text into the field once that is there, and keeps the text of the field if the browser loses it.
    /// `rendered`: the text that the page was rendered with. `edits`: number of edits of the message that the text in
    /// the field is based on. `changed` gets each text that is put into the field.
    pub fn start(self, rendered: String, edits: RwSignal<u32>, changed: impl Fn(String) + Copy + 'static) {
        self.rendered.set_value(rendered.clone());
        effect(move || {
            let Some(field) = self.field.get() else { return };
            // The text of a refused report was typed, too; that of an edit is also the text of the message.
            let is_typed = |text: &String| *text != rendered || (!self.is_edit && !text.is_empty());
            let typed = Some(field.value()).filter(is_typed);
            self.is_unkept.set(self.store.unkept(&self.name()).is_some());
            if let Some((edits_before, kept)) = self.read() {
                edits.set(edits_before);
                let text = join(&kept, typed.as_deref().unwrap_or_default());
                field.set_value(&text);
                changed(text);
            }
            if typed.is_some() {
                self.keep(edits.get_untracked());
            }
        });
        effect(move || {
            let other_pages = window_event_listener(ev::storage, move |event| {
                let is_own = event.key().is_none_or(|key| self.store.name_in(&key) == Some(&*self.name()));
                if is_own && event.new_value().is_some() {
                    // The browser has duplicated this tab, with its id.
                    TAB.with(|tab| tab.replace(new_tab()));
                }
                // Or another page has sent the form, or has wiped the storage. This text was not sent.
                if is_own && self.is_typed() {
                    self.keep(edits.get_untracked());
                }
            });
            on_cleanup(move || other_pages.remove());
        });
    }

    fn is_typed(self) -> bool {
        let text = self.field.try_get_untracked().flatten().map(|field| field.value()).unwrap_or_default();
        !text.trim().is_empty() && self.rendered.try_with_value(|rendered| *rendered != text) == Some(true)
    }

    /// Keeps the text of the field, unless the user has signed out on another page.
    pub fn keep(self, edits: u32) {
        let Some(field) = self.field.get_untracked() else { return };
        let text = field.value();
        let is_closed = self.drafts.is_some_and(|drafts| drafts.are_closed());
        let is_kept = !is_closed && self.store.keep(&self.name(), &self.written(edits, &text));
        self.is_unkept.set(!is_kept && !text.trim().is_empty());
    }

    /// Forgets the text, which has been accepted or given up. Other tabs keep theirs again.
    pub fn forget(self) {
        if self.form.try_get_value().is_some() {
            self.store.forget(&self.name());
            self.names().iter().for_each(|name| self.store.remove(name));
            self.is_unkept.set(false);
        }
    }

    /// Returns the name of the value of this tab.
    fn name(self) -> String {
        let form = self.form.try_get_value().unwrap_or_default();
        TAB.with_borrow(|tab| format!("{form}#{tab}"))
    }

    /// Returns the names of the values of all tabs.
    fn names(self) -> Vec<String> {
        let form = self.form.try_get_value().unwrap_or_default();
        let of_form = |name: &String| name.split_once('#').map_or(&**name, |(form, _)| form) == form;
        self.store.all().into_iter().map(|(name, _)| name).filter(of_form).collect()
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
