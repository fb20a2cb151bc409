//! The field of a composer: what is being typed, and how much more may be.

use leptos::html::Textarea;
use leptos::prelude::*;

use crate::domain::message::{BODY_LEN_MAX, Body, InvalidBody};

/// From how many characters left on they are counted aloud.
const COUNTED_ALOUD: i64 = 20;

/// What has been typed.
#[derive(Clone, Copy)]
pub struct Typing {
    /// The field, once it is on the page.
    pub field: NodeRef<Textarea>,
    /// What is in it.
    pub text: RwSignal<String>,
    /// Why that cannot be sent.
    pub wrong: Memo<Option<InvalidBody>>,
    /// Whether the page is alive: until then the button must work as a plain form's.
    pub alive: RwSignal<bool>,
}

impl Typing {
    /// Begins with a text that the server has put into the field.
    pub fn new(text: String) -> Self {
        let text = RwSignal::new(text);
        let wrong = Memo::new(move |_| wrong_with(&text.read()));
        let typing = Self { field: NodeRef::new(), text, wrong, alive: RwSignal::new(false) };
        Effect::new(move |_| {
            // Typing may have begun before the page was taken over.
            typing.read_field();
            typing.alive.set(true);
        });
        typing
    }

    /// Takes over what is in the field.
    pub fn read_field(&self) {
        if let Some(field) = self.field.get_untracked() {
            self.text.set(field.value());
        }
    }

    /// Puts a text into the field.
    pub fn put(&self, text: &str) {
        if let Some(field) = self.field.get_untracked() {
            field.set_value(text);
            self.read_field();
        }
    }

    /// Takes out what has been sent. What was typed since stays.
    pub fn take_out(&self, sent: &str) {
        if let Some(field) = self.field.get_untracked() {
            field.set_value(rest(&field.value(), sent));
            self.read_field();
        }
    }

    /// Puts the focus into the field.
    pub fn focus(&self) {
        if let Some(field) = self.field.get_untracked() {
            let _ = field.focus();
        }
    }

    /// How many characters more fit into a message; negative where there are too many.
    pub fn remaining(&self) -> i64 {
        BODY_LEN_MAX as i64 - Body::len_of(&self.text.read()) as i64
    }
}

/// Why a text cannot be sent. Nothing is wrong with a field in which nothing has been written.
pub fn wrong_with(text: &str) -> Option<InvalidBody> {
    Body::parse(text).err().filter(|reason| *reason != InvalidBody::Blank)
}

/// What is in the field besides what has been sent.
fn rest<'a>(typed: &'a str, sent: &str) -> &'a str {
    typed.strip_prefix(sent).unwrap_or(typed).trim_start()
}

/// What is wrong with what is in the field, and how many characters are left; both aloud, the count when it is few.
#[component]
pub fn Counter(
    /// What is counted.
    typing: Typing,
) -> impl IntoView {
    let remaining = Memo::new(move |_| typing.remaining());
    let aloud = move || match typing.wrong.get() {
        Some(reason @ InvalidBody::Control) => Some(reason.to_string()),
        // By how much it is too long, the count says in fewer words.
        _ => (remaining.get() <= COUNTED_ALOUD).then(|| format!("{} characters left", remaining.get())),
    };
    view! {
        <p class="composer__error" id="composer-error">{move || typing.wrong.get().map(|reason| reason.to_string())}</p>
        <p class="composer__count" id="composer-count" class=("composer__count--over", move || remaining.get() < 0)>
            {move || remaining.get()}<span class="visually-hidden">" characters left"</span>
        </p>
        <span class="visually-hidden" aria-live="polite">{aloud}</span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_what_is_wrong_but_not_that_it_is_empty() {
        for fine in ["", " \n", "hello"] {
            assert_eq!(wrong_with(fine), None, "{fine:?}");
        }
        assert_eq!(wrong_with("hel\u{7}lo"), Some(InvalidBody::Control));
        assert_eq!(wrong_with(&"a".repeat(1025)), Some(InvalidBody::TooLong(1025)));
    }
}
