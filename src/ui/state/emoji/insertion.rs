//! Insertion of emoji into the composer's field. Runs in the browser only.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::ui::state::composer_field::ComposerField;

/// Replaces the selection of the field with `text`, and sets the focus. The browser can undo it.
pub fn insert(field: ComposerField, text: &str) {
    let Some(node) = field.node.get_untracked() else { return };
    let _ = node.focus();
    // Deprecated, but the only way that keeps the history of the field.
    let document: HtmlDocument = document().unchecked_into();
    if !document.exec_command_with_show_ui_and_value("insertText", false, text).unwrap_or(false) {
        let _ = node.set_range_text(text);
        let caret = node.selection_end().ok().flatten();
        let _ = caret.map(|caret| node.set_selection_range(caret, caret));
        field.input();
    }
}

/// Returns the text before the caret, and the position of the caret in UTF-16 code units. `None` if some text is
/// selected.
pub(super) fn before_caret(node: &HtmlTextAreaElement) -> Option<(String, u32)> {
    let caret = node.selection_start().ok().flatten()?;
    if node.selection_end().ok().flatten() != Some(caret) {
        return None;
    }
    let before: Vec<u16> = node.value().encode_utf16().take(caret as usize).collect();
    Some((String::from_utf16_lossy(&before), caret))
}
