//! Text field of the composer, with its validation.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::domain::message::{BODY_LEN_MAX, Body, InvalidBody};
use crate::domain::text;
use crate::ui::state::reactive::{effect, memo};

/// Maximum length of the field's text, in characters: enough for several messages, and short enough to stay quick.
pub const TEXT_LEN_MAX: usize = 16_000;

/// Text field of the composer, and its text.
#[derive(Clone, Copy)]
pub struct ComposerField {
    pub node: NodeRef<Textarea>,
    pub text: RwSignal<String>,
    /// Reason why the text cannot be sent.
    pub error: Memo<Option<InvalidBody>>,
    /// True if the last text put in did not fit, and was cut.
    pub is_cut: RwSignal<bool>,
    /// False until hydration: until then the submit button must work as in a plain form.
    pub hydrated: RwSignal<bool>,
}

impl ComposerField {
    /// Creates the field with the text that the server has rendered into it.
    pub fn new(text: String) -> Self {
        let text = RwSignal::new(text);
        let error = memo(move || body_error(&text.read()));
        let (is_cut, hydrated) = (RwSignal::new(false), RwSignal::new(false));
        let field = Self { node: NodeRef::new(), text, error, is_cut, hydrated };
        effect(move || {
            // The user may have typed before hydration.
            field.input();
            field.hydrated.set(true);
        });
        field
    }

    /// Takes over what the user has put into the element, as far as it fits.
    pub fn input(&self) {
        let Some(node) = self.node.get_untracked() else { return };
        let fitting = self.text.with_untracked(|before| fit(before, &node.value()));
        self.is_cut.set(fitting.is_some());
        if let Some((text, caret)) = fitting {
            node.set_value(&text);
            let _ = node.set_selection_range(caret, caret);
        }
        self.read();
    }

    /// Copies the text of the element into the signal. Control characters, which only pasting and dropping can bring,
    /// become line breaks or disappear: a message cannot contain them.
    pub fn read(&self) {
        if let Some(node) = self.node.get_untracked() {
            let value = node.value();
            let typed = text::typed(&value);
            if typed != value {
                let caret = node.selection_end().ok().flatten().map(|caret| caret_in_typed(&value, caret));
                node.set_value(&typed);
                let _ = caret.map(|caret| node.set_selection_range(caret, caret));
            }
            self.text.set(typed.into_owned());
        }
    }

    /// Replaces the text.
    pub fn set(&self, text: &str) {
        if let Some(node) = self.node.get_untracked() {
            node.set_value(text);
            self.read();
        }
    }

    /// Removes a sent text, and keeps what the user has typed since.
    pub fn remove_sent(&self, sent: &str) {
        if let Some(node) = self.node.get_untracked() {
            node.set_value(rest(&node.value(), sent));
            self.read();
        }
    }

    /// Sets the focus.
    pub fn focus(&self) {
        if let Some(node) = self.node.get_untracked() {
            let _ = node.focus();
        }
    }

    /// Number of characters that still fit into a message; negative if the text is too long.
    pub fn remaining(&self) -> i64 {
        BODY_LEN_MAX as i64 - Body::len_of(&self.text.read()) as i64
    }
}

/// Returns the reason why a text cannot be sent. An empty field has no error.
pub fn body_error(text: &str) -> Option<InvalidBody> {
    Body::parse(text).err().filter(|reason| *reason != InvalidBody::Blank)
}

/// Cuts what was inserted into `before` so that the text has at most [`TEXT_LEN_MAX`] characters, and returns the text
/// and the position of the caret after the insertion, in UTF-16 code units. `None` if the text fits. What the user had
/// before is never cut.
fn fit(before: &str, text: &str) -> Option<(String, u32)> {
    if text.len() <= TEXT_LEN_MAX || text.len() <= before.len() {
        return None;
    }
    let excess = text.chars().count().checked_sub(TEXT_LEN_MAX).filter(|excess| *excess > 0)?;
    let same = |(a, b): &(char, char)| a == b;
    let start: usize = before.chars().zip(text.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let ends = before[start..].chars().rev().zip(text[start..].chars().rev());
    let end = text.len() - ends.take_while(same).map(|(c, _)| c.len_utf8()).sum::<usize>();
    let inserted = &text[start..end];
    let fitting = inserted.chars().count().saturating_sub(excess);
    let inserted: String = inserted.chars().take(fitting).collect();
    let caret = text[..start].encode_utf16().count() + inserted.encode_utf16().count();
    Some((format!("{}{inserted}{}", &text[..start], &text[end..]), caret as u32))
}

/// Returns the place of the caret in the typed form of `value`. Browsers count UTF-16 code units.
fn caret_in_typed(value: &str, caret: u32) -> u32 {
    let before: Vec<u16> = value.encode_utf16().take(caret as usize).collect();
    text::typed(&String::from_utf16_lossy(&before)).encode_utf16().count() as u32
}

/// Returns the text that follows `sent`.
fn rest<'a>(typed: &'a str, sent: &str) -> &'a str {
    typed.strip_prefix(sent).unwrap_or(typed).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    // F45
    #[test]
    fn the_caret_stays_behind_the_character_before_it() {
        let value = "🎈\u{0}a\u{b}b";
        assert_eq!([0, 2, 3, 4, 5, 6].map(|caret| caret_in_typed(value, caret)), [0, 2, 2, 3, 4, 5]);
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_where_it_was_put_in() {
        // F47
        let long = "x".repeat(2_000_000);
        let (text, caret) = fit("Dear Ben, bye!", &format!("Dear Ben, {long}bye!")).expect("cut");
        assert_eq!(text.chars().count(), TEXT_LEN_MAX);
        assert!(text.starts_with("Dear Ben, xxx") && text.ends_with("xxxbye!"), "nothing that was there is lost");
        assert_eq!(caret as usize, TEXT_LEN_MAX - 4);
        assert_eq!(fit(&text, &format!("{text}y")).map(|(text, _)| text), Some(text), "the field stays as it is");
        assert_eq!(fit("", &"🎈".repeat(TEXT_LEN_MAX)), None, "characters count, and not bytes");
    }

    #[test]
    fn a_text_that_is_too_long_already_can_be_shortened() {
        let long = "x".repeat(TEXT_LEN_MAX + 10);
        assert_eq!(fit(&long, &long[1..]), None);
        assert_eq!(fit(&long, &format!("{long}y")).map(|(text, _)| text), Some(long));
    }

    #[test]
    fn an_invalid_text_is_an_error_but_an_empty_field_is_none() {
        for fine in ["", " \n", "hello"] {
            assert_eq!(body_error(fine), None, "{fine:?}");
        }
        assert_eq!(body_error("hel\u{7}lo"), Some(InvalidBody::Control));
        assert_eq!(body_error(&"a".repeat(1025)), Some(InvalidBody::TooLong(1025)));
    }
}
