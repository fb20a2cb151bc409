//! Filter of the list of conversations: while the user types, the loaded rows at once, and the others through the
//! server.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::web_sys::js_sys::JsString;

use crate::api;
use crate::domain::conversation::{self, Conversation};
use crate::domain::user;
use crate::ui::state::inbox_window::InboxWindow;
use crate::ui::state::reactive::row_memo;

/// Pause in typing after which the server is asked.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// Text that the user has typed into the filter, and the rows that the server has found.
#[derive(Clone, Copy)]
pub struct ListFilter {
    /// Empty while all rows are shown, as before hydration.
    pub query: RwSignal<String>,
    found: RwSignal<Vec<Conversation>>,
    /// True until the server has answered for the current text.
    pub is_searching: RwSignal<bool>,
    /// Number of changes of the text.
    changes: StoredValue<u32>,
}

impl ListFilter {
    /// Starts without a text.
    pub fn new() -> Self {
        Self {
            query: RwSignal::new(String::new()),
            found: RwSignal::new(Vec::new()),
            is_searching: RwSignal::new(false),
            changes: StoredValue::new(0),
        }
    }

    /// Takes over the text of the field.
    pub fn set(self, text: String) {
        if self.query.with_untracked(|query| *query == text) {
            return;
        }
        self.changes.update_value(|changes| *changes += 1);
        let (change, is_empty) = (self.changes.get_value(), text.trim().is_empty());
        self.query.set(text);
        self.found.set(Vec::new());
        self.is_searching.set(!is_empty);
        let is_current = move || self.changes.try_get_value() == Some(change);
        let ask = async move {
            let found = api::find_conversations(self.query.get_untracked()).await;
            if is_current() {
                self.is_searching.set(false);
                self.found.set(found.map(|page| page.items).unwrap_or_default());
            }
        };
        if !is_empty {
            set_timeout(
                move || {
                    if is_current() {
                        spawn_local(ask);
                    }
                },
                DEBOUNCE,
            );
        }
    }

    /// Returns whether only matching rows are shown.
    pub fn is_active(self) -> bool {
        self.query.with(|query| !query.trim().is_empty())
    }

    /// Returns the rows to show: all loaded ones, or those that match, and below them what the server has found.
    pub fn ids(self, window: InboxWindow, me: user::Id) -> Vec<conversation::Id> {
        if !self.is_active() {
            return window.ids();
        }
        let words = folded(&self.query.read());
        // Of a text without letters and digits, such as an emoji, only the server's answer is shown.
        let has_words = !words.trim().is_empty();
        let mut ids = window.ids_of(|row| has_words && matches(row, me, &words));
        let found = self.found.read();
        let missing: Vec<_> = found.iter().map(|row| row.id).filter(|id| !ids.contains(id)).collect();
        ids.extend(missing);
        ids
    }

    /// Returns a row that is loaded or that the server has found.
    pub fn row(self, window: InboxWindow, id: conversation::Id) -> Signal<Option<Conversation>> {
        let found = self.found.with_untracked(|found| found.iter().find(|row| row.id == id).cloned());
        let loaded = window.row(id);
        row_memo(move || loaded.get().or_else(|| found.clone()))
    }
}

impl Default for ListFilter {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns whether every word begins one in the name or handle of another member. The server folds in more ways; what
/// it finds besides is shown as well.
fn matches(row: &Conversation, me: user::Id, words: &str) -> bool {
    let names = row.others(me).map(|user| format!(" {} {}", user.display_name, user.handle_text()));
    let names = folded(&names.collect::<String>());
    words.split_whitespace().all(|word| names.contains(&format!(" {word}")))
}

/// Folds a text without case and accents; whatever is no letter or digit becomes a space. Runs in the browser only.
fn folded(text: &str) -> String {
    // Rust's table of lower-case letters would weigh 3 kB in the first visit.
    let text = String::from(JsString::from(text).normalize("NFKD").to_lower_case());
    let kept = text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    kept.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect()
}
