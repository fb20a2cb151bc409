//! Completion of shortcodes in the composer: the list of emoji that match `:ta`.

use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;

use crate::domain::emoji::Emoji;
use crate::ui::state::composer_field::ComposerField;
use crate::ui::state::emoji::emoji_data::EmojiData;
use crate::ui::state::emoji::insertion::{before_caret, insert};
use crate::ui::state::emoji::shortcode::begun_at_end;
use crate::ui::state::emoji::table::search;
use crate::ui::state::reactive::memo;

/// Maximum number of suggestions.
const SUGGESTIONS_MAX: usize = 7;

/// Id of the list of suggestions.
pub const LIST_ID: &str = "emoji-suggestions";

/// Emoji that is suggested, with its shortcode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub emoji: Emoji,
    pub shortcode: String,
}

/// Completion of the shortcode before the caret.
#[derive(Clone, Copy)]
pub struct EmojiCompletion {
    field: ComposerField,
    data: EmojiData,
    /// Beginning of the shortcode, and its position in the text.
    begun: RwSignal<Option<(usize, String)>>,
    /// Position of the shortcode for which the user has closed the list.
    dismissed: StoredValue<Option<usize>>,
    /// The suggestions, the best first. The list is open if there are some.
    pub suggestions: Memo<Vec<Suggestion>>,
    /// Number of the suggestion that Enter takes.
    pub active: RwSignal<usize>,
}

impl EmojiCompletion {
    /// Creates the completion for a field, with the emoji data of the page.
    pub fn new(field: ComposerField) -> Self {
        let data = expect_context::<EmojiData>();
        let begun = RwSignal::new(None::<(usize, String)>);
        let suggestions = memo(move || {
            let (Some((_, code)), Some(table)) = (begun.get(), data.text()) else { return Vec::new() };
            let tone = data.tone();
            let found = search(&table, &code, SUGGESTIONS_MAX);
            let suggestion = found
                .iter()
                .map(|it| Suggestion { emoji: it.with_tone(&tone), shortcode: it.shortcode_for(&code).to_owned() });
            suggestion.collect()
        });
        Self { field, data, begun, dismissed: StoredValue::new(None), suggestions, active: RwSignal::new(0) }
    }

    /// Returns whether the list is open.
    pub fn is_open(&self) -> bool {
        !self.suggestions.read().is_empty()
    }

    /// Returns the id of the active option, if the list is open.
    pub fn active_id(&self) -> Option<String> {
        self.is_open().then(|| option_id(self.active.get()))
    }

    /// Looks for a shortcode before the caret. Call it on every input.
    pub fn input(&self) {
        let begun = self.shortcode_before_caret().map(|(start, code, _)| (start, code));
        let start = begun.as_ref().map(|(start, _)| *start);
        if self.dismissed.get_value() != start {
            self.dismissed.set_value(None);
        }
        let begun = begun.filter(|_| self.dismissed.get_value().is_none());
        if begun.is_some() {
            self.data.load();
        }
        self.active.set(0);
        self.begun.set(begun);
    }

    /// Closes the list, until the next input.
    pub fn close(&self) {
        if self.begun.with_untracked(Option::is_some) {
            self.begun.set(None);
        }
    }

    /// Handles a key in the field. Returns true if the key was for the list, which is then all that it does.
    pub fn handle_key(&self, event: &KeyboardEvent) -> bool {
        let count = self.suggestions.read_untracked().len();
        // Safari ends a composition before it reports the key, with the code 229.
        let is_composing = event.is_composing() || event.key_code() == 229;
        if count == 0 || is_composing || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let active = self.active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.active.set((active + 1) % count),
            "ArrowUp" => self.active.set((active + count - 1) % count),
            "Enter" | "Tab" if !event.shift_key() => self.take(active),
            ":" if self.is_complete() => self.take(0),
            "Escape" => self.dismiss(),
            "ArrowLeft" | "ArrowRight" | "Home" | "End" | "PageUp" | "PageDown" => {
                self.close();
                return false;
            }
            _ => return false,
        }
        event.prevent_default();
        true
    }

    /// Replaces the shortcode with a suggestion.
    pub fn take(&self, number: usize) {
        let suggestion = self.suggestions.with_untracked(|all| all.get(number).cloned());
        let (Some(Suggestion { emoji, .. }), Some((_, code, caret))) = (suggestion, self.shortcode_before_caret())
        else {
            return self.close();
        };
        self.close();
        if let Some(node) = self.field.node.get_untracked() {
            // A shortcode is ASCII: its length in UTF-16 is its length in bytes. The colon is one more.
            let _ = node.set_selection_range(caret - code.len() as u32 - 1, caret);
            insert(self.field, emoji.as_str());
            self.data.add_recent(&emoji);
        }
    }

    /// Returns the position of the shortcode, the shortcode, and the position of the caret.
    fn shortcode_before_caret(&self) -> Option<(usize, String, u32)> {
        let (before, caret) = before_caret(&self.field.node.get_untracked()?)?;
        let code = begun_at_end(&before)?;
        Some((before.len() - code.len(), code.to_owned(), caret))
    }

    /// Returns true if the user has typed a whole shortcode.
    fn is_complete(&self) -> bool {
        let is_first =
            |code: &str| self.suggestions.with_untracked(|all| all.first().is_some_and(|it| it.shortcode == code));
        self.begun.with_untracked(|begun| begun.as_ref().is_some_and(|(_, code)| is_first(&code.to_ascii_lowercase())))
    }

    /// Closes the list, which stays closed as long as the user types the same shortcode.
    fn dismiss(&self) {
        self.dismissed.set_value(self.begun.with_untracked(|begun| begun.as_ref().map(|(start, _)| *start)));
        self.close();
    }
}

/// Returns the id of an option of the list.
pub fn option_id(number: usize) -> String {
    format!("emoji-suggestion-{number}")
}
