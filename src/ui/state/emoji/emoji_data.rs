//! The emoji table of the page, and the user's choices: skin tone and recent emoji. Runs in the browser only.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::emoji::Emoji;
use crate::domain::user;
use crate::ui::state::emoji::table::SKIN_TONES;
use crate::ui::state::local_store::LocalStore;

/// Number of recent emoji that the browser keeps: two rows of the picker.
const RECENT_MAX: usize = 16;

/// Names of the kept values.
const TONE: &str = "tone";
const RECENT: &str = "recent";

/// The emoji table, which is loaded when it is first needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Table {
    NotLoaded,
    Loading,
    Loaded(Arc<str>),
    Failed,
}

/// Emoji table and the user's choices, provided to all message pages.
#[derive(Clone, Copy)]
pub struct EmojiData {
    table: RwSignal<Table>,
    /// Modifier of the chosen skin tone, one of [`SKIN_TONES`].
    tone: RwSignal<String>,
    store: StoredValue<Option<LocalStore>>,
}

impl EmojiData {
    /// Creates the data without a user. Nothing is loaded.
    pub fn empty() -> Self {
        Self {
            table: RwSignal::new(Table::NotLoaded),
            tone: RwSignal::new(String::new()),
            store: StoredValue::new(None),
        }
    }

    /// Keeps the choices of `me` from now on, and reads the skin tone. Call it once the page is hydrated.
    pub fn start(self, me: user::Id) {
        let store = LocalStore::new("emoji", me);
        let kept = store.get(TONE).filter(|kept| SKIN_TONES.iter().any(|(tone, _)| tone == kept));
        self.tone.set(kept.unwrap_or_default());
        self.store.set_value(Some(store));
    }

    /// Keeps no more choices: the user has signed out on another page.
    pub fn close(self) {
        self.store.set_value(None);
    }

    /// Loads the table, unless it is loaded or being loaded.
    pub fn load(self) {
        if matches!(self.table.get_untracked(), Table::Loading | Table::Loaded(_)) {
            return;
        }
        self.table.set(Table::Loading);
        spawn_local(async move {
            let loaded = api::emoji_table::load().await;
            self.table.try_set(loaded.map_or(Table::Failed, |text| Table::Loaded(text.into())));
        });
    }

    /// Returns the table. Tracks it.
    pub fn table(self) -> Table {
        self.table.get()
    }

    /// Returns the text of the table, if it is loaded. Tracks it.
    pub fn text(self) -> Option<Arc<str>> {
        match self.table.get() {
            Table::Loaded(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the modifier of the chosen skin tone; empty for none. Tracks it.
    pub fn tone(self) -> String {
        self.tone.get()
    }

    /// Chooses a skin tone.
    pub fn choose_tone(self, tone: String) {
        if let Some(store) = self.store() {
            store.put(TONE, &tone);
        }
        self.tone.set(tone);
    }

    /// Returns the recent emoji, newest first.
    pub fn recent(self) -> Vec<String> {
        let kept = self.store().and_then(|store| store.get(RECENT)).unwrap_or_default();
        kept.split_ascii_whitespace().take(RECENT_MAX).map(str::to_owned).collect()
    }

    /// Puts an emoji in front of the recent ones.
    pub fn add_recent(self, emoji: &Emoji) {
        let Some(store) = self.store() else { return };
        let mut recent = self.recent();
        recent.retain(|it| it != emoji.as_str());
        recent.insert(0, emoji.to_string());
        recent.truncate(RECENT_MAX);
        store.put(RECENT, &recent.join(" "));
    }

    fn store(self) -> Option<LocalStore> {
        self.store.try_get_value().flatten()
    }
}
