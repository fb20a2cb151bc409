//! Text of a report that the user is writing, as the browser keeps it. Runs in the browser only.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::ui::state::local_store::LocalStore;
use crate::ui::state::page_user::page_user;
use crate::ui::state::reactive::effect;
use crate::ui::state::submission::Submission;

/// Kind of the values that the browser keeps. A sign-out asks before they are lost.
pub(super) const REPORT: &str = "report";

/// Field for the text of the report about one subject.
#[derive(Clone, Copy)]
pub struct KeptReport {
    /// Path of the page on which the subject is reported.
    path: StoredValue<String>,
    pub field: NodeRef<Textarea>,
}

impl KeptReport {
    /// Puts the kept text into the field once the page is hydrated, unless the user has typed another before. It is
    /// forgotten once the form has been accepted.
    pub fn start(path: String, form: Submission) -> Self {
        let kept = Self { path: StoredValue::new(path), field: NodeRef::new() };
        let mut was_pending = false;
        effect(move || {
            let is_pending = form.pending.get();
            if was_pending && !is_pending && form.error.read_untracked().is_none() {
                kept.forget();
            }
            was_pending = is_pending;
        });
        effect(move || {
            if let Some(field) = kept.field.get() {
                match kept.path.with_value(|path| store()?.get(path)) {
                    Some(text) if field.value().is_empty() => field.set_value(&text),
                    _ => kept.keep(),
                }
            }
        });
        kept
    }

    fn forget(self) {
        if let Some(store) = store() {
            self.path.with_value(|path| store.remove(path));
        }
    }

    /// Keeps the text of the field.
    pub fn keep(self) {
        let text = self.field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let Some(store) = store() else { return };
        self.path.with_value(|path| match text.trim().is_empty() {
            true => store.remove(path),
            false => drop(store.put(path, &text)),
        });
    }
}

fn store() -> Option<LocalStore> {
    Some(LocalStore::new(REPORT, page_user()?.parse().ok()?))
}
