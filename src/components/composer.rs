//! Where a message is written.
//!
//! The text stays in the field until the server has said yes, and the id with which it is sent stays the same until
//! then, so that trying again can never store it twice.

use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::web_sys::{KeyboardEvent, SubmitEvent};
use uuid::Uuid;

use crate::components::error_note::ErrorNote;
use crate::components::form::Refused;
use crate::error::AppError;
use crate::message::{self, BODY_LEN_MAX, Body};

/// What a composer hands over to be sent.
pub type Draft = (message::Id, String);

/// From how many characters left on they are counted aloud.
const COUNTED_ALOUD: i64 = 20;

/// What has been typed, and whether it can be sent.
#[derive(Clone, Copy)]
struct Typing {
    field: NodeRef<Textarea>,
    text: RwSignal<String>,
    /// Whether the page is alive: until then the button must work as a plain form's.
    alive: RwSignal<bool>,
}

impl Typing {
    fn new(text: String) -> Self {
        let typing = Self { field: NodeRef::new(), text: RwSignal::new(text), alive: RwSignal::new(false) };
        Effect::new(move |_| {
            // Typing may have begun before the page was taken over.
            typing.read_field();
            typing.alive.set(true);
        });
        typing
    }

    fn read_field(&self) {
        if let Some(field) = self.field.get_untracked() {
            self.text.set(field.value());
        }
    }

    /// Takes out what has been sent. What was typed since stays.
    fn take_out(&self, sent: &str) {
        if let Some(field) = self.field.get_untracked() {
            let now = field.value();
            field.set_value(now.strip_prefix(sent).unwrap_or(&now).trim_start());
            self.read_field();
        }
    }

    fn focus(&self) {
        if let Some(field) = self.field.get_untracked() {
            let _ = field.focus();
        }
    }

    fn remaining(&self) -> i64 {
        BODY_LEN_MAX as i64 - Body::len_of(&self.text.read()) as i64
    }
}

/// A field for a text, and a button that sends it.
#[component]
pub fn Composer(
    /// Where the form is posted without WASM: the page's own path.
    action: String,
    /// For whom it was rendered: a hidden field's name and value.
    bound_to: (&'static str, String),
    /// The id of the first message from here.
    next_message: message::Id,
    /// Sends. Says yes only when the message has been stored.
    send: Action<Draft, Result<(), AppError>>,
    /// Why the same form was refused without WASM.
    refused: Option<Refused>,
) -> impl IntoView {
    let (name, value) = bound_to;
    let (first_error, typed, id) = begin(refused, (name, &value), next_message);
    let (id, sent, typing) = (RwSignal::new(id), StoredValue::new(String::new()), Typing::new(typed.clone()));
    let error = Memo::new(move |_| match send.value().get() {
        None => first_error.clone(),
        Some(answer) => answer.err(),
    });
    Effect::new(move |_| match send.value().get() {
        Some(Ok(())) => {
            sent.with_value(|sent| typing.take_out(sent));
            id.set(new_id());
        }
        // The id is taken, by another text: that one is stored, this one is not.
        Some(Err(AppError::Conflict(_))) => id.set(new_id()),
        _ => {}
    });
    let sendable = move || !send.pending().get() && Body::parse(&typing.text.read()).is_ok();
    let submit = move || {
        typing.read_field();
        if untrack(sendable) {
            let text = typing.text.get_untracked();
            sent.set_value(text.clone());
            send.dispatch((id.get_untracked(), text));
        }
        // A button that cannot be pressed any more would take the focus with it.
        typing.focus();
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        submit();
    };
    let on_keydown = move |event: KeyboardEvent| {
        if sends(&event) {
            event.prevent_default();
            submit();
        }
    };
    view! {
        <form class="composer" method="post" action=action autocomplete="off" on:submit=on_submit>
            <input type="hidden" name=name value=value/>
            <input type="hidden" name="id" value=move || id.get().to_string()/>
            {move || error.get().map(|error| view! { <ErrorNote error/> })}
            <label class="visually-hidden" for="body">"Message"</label>
            <textarea
                class="composer__field"
                id="body"
                name="body"
                rows="1"
                dir="auto"
                required
                placeholder="Write a message"
                aria-describedby="composer-count"
                aria-invalid=move || (typing.remaining() < 0).then_some("true")
                node_ref=typing.field
                on:input=move |_| typing.read_field()
                on:keydown=on_keydown
                // A text as child would not be escaped by Leptos 0.8.
                inner_html=textarea_content(&typed)
            ></textarea>
            <Counter typing/>
            <button class="button button--primary composer__send" type="submit" disabled=move || typing.alive.get() && !sendable()>
                "Send"
            </button>
        </form>
    }
}

#[component]
fn Counter(typing: Typing) -> impl IntoView {
    let remaining = Memo::new(move |_| typing.remaining());
    let aloud = move || (remaining.get() <= COUNTED_ALOUD).then(|| format!("{} characters left", remaining.get()));
    view! {
        <p class="composer__count" id="composer-count" class=("composer__count--over", move || remaining.get() < 0)>
            {move || remaining.get()}<span class="visually-hidden">" characters left"</span>
        </p>
        <span class="visually-hidden" aria-live="polite">{aloud}</span>
    }
}

/// What a form that was refused without WASM goes on with: the reason, the text, and the id, unless that is taken. A text
/// for somebody else is not put where it could be sent to this one.
fn begin(
    refused: Option<Refused>,
    bound_to: (&str, &str),
    next_message: message::Id,
) -> (Option<AppError>, String, message::Id) {
    let Some(refused) = refused else { return (None, String::new(), next_message) };
    let taken = matches!(refused.error, AppError::Conflict(_));
    let same_id = refused.typed_for(bound_to, "id").filter(|_| !taken).and_then(|id| id.parse().ok());
    let text = refused.typed_for(bound_to, "body").cloned().unwrap_or_default();
    (Some(refused.error), text, same_id.unwrap_or(next_message))
}

/// Enter sends, with Shift it breaks the line. While a word is being composed (Japanese, Chinese, Korean) Enter
/// chooses it: 229 is what Safari reports for that key, after it has already ended the composition.
fn sends(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229
}

/// `text` as the content of a `textarea`. In there only `&` and `<` mean anything (HTML, section 13.2.5.2), and the
/// line break that comes first is dropped, so one is put in its place.
fn textarea_content(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

fn new_id() -> message::Id {
    message::Id(Uuid::now_v7())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEN: (&str, &str) = ("handle", "ben");

    fn refused(error: AppError) -> Option<Refused> {
        let fields =
            [("handle", "ben".to_owned()), ("id", Uuid::from_u128(1).to_string()), ("body", "hello".to_owned())];
        Some(Refused { error, fields: fields.map(|(name, value)| (name.to_owned(), value)).into() })
    }

    fn id(n: u128) -> message::Id {
        message::Id(Uuid::from_u128(n))
    }

    #[test]
    fn a_refused_message_keeps_its_text_and_its_id() {
        let begun = begin(refused(AppError::Unavailable), BEN, id(2));
        assert_eq!(begun, (Some(AppError::Unavailable), "hello".to_owned(), id(1)));
    }

    #[test]
    fn an_id_that_is_taken_is_not_tried_again() {
        assert_eq!(begin(refused(AppError::Conflict("taken".to_owned())), BEN, id(2)).2, id(2));
        assert_eq!(begin(None, BEN, id(2)), (None, String::new(), id(2)));
    }

    #[test]
    fn a_message_that_was_refused_for_one_person_is_not_offered_for_another() {
        let begun = begin(refused(AppError::Unavailable), ("handle", "cy"), id(2));
        assert_eq!(begun, (Some(AppError::Unavailable), String::new(), id(2)));
    }

    #[test]
    fn a_text_cannot_end_its_textarea() {
        assert_eq!(textarea_content("</textarea><b>&amp;"), "\n&lt;/textarea>&lt;b>&amp;amp;");
        assert_eq!(textarea_content(""), "");
    }
}
