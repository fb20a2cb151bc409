//! Text field of the composer, with its validation.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::domain::message::{BODY_LEN_MAX, Body, InvalidBody};

/// Text field of the composer, and its text.
#[derive(Clone, Copy)]
pub struct ComposerField {
    pub node: NodeRef<Textarea>,
    pub text: RwSignal<String>,
    /// Reason why the text cannot be sent.
    pub error: Memo<Option<InvalidBody>>,
    /// False until hydration: until then the submit button must work as in a plain form.
    pub hydrated: RwSignal<bool>,
}

impl ComposerField {
    /// Creates the field with the text that the server has rendered into it.
    pub fn new(text: String) -> Self {
        let text = RwSignal::new(text);
        let error = Memo::new(move |_| body_error(&text.read()));
        let field = Self { node: NodeRef::new(), text, error, hydrated: RwSignal::new(false) };
        Effect::new(move |_| {
            // The user may have typed before hydration.
            field.read();
            field.hydrated.set(true);
        });
        field
    }

    /// Copies the text of the element into the signal.
    pub fn read(&self) {
        if let Some(node) = self.node.get_untracked() {
            self.text.set(node.value());
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

/// Returns the text that follows `sent`.
fn rest<'a>(typed: &'a str, sent: &str) -> &'a str {
    typed.strip_prefix(sent).unwrap_or(typed).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_text_is_an_error_but_an_empty_field_is_none() {
        for fine in ["", " \n", "hello"] {
            assert_eq!(body_error(fine), None, "{fine:?}");
        }
        assert_eq!(body_error("hel\u{7}lo"), Some(InvalidBody::Control));
        assert_eq!(body_error(&"a".repeat(1025)), Some(InvalidBody::TooLong(1025)));
    }
}
