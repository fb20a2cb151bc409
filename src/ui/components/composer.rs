//! Where a message is written.
//!
//! The text leaves the field for the outbox, which keeps it until the server has said yes. Without WASM it stays in the
//! field until then, and so does the id with which it is sent: trying again can never store it twice.

use leptos::prelude::*;
use leptos::web_sys::{KeyboardEvent, SubmitEvent};
use uuid::Uuid;

use crate::domain::error::AppError;
use crate::domain::markup::textarea_content;
use crate::domain::message::{self, Body};
use crate::domain::refused_form::Refused;
use crate::ui::components::composer_field::{Counter, Typing, wrong_with};
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::heading::focus_is_free;
use crate::ui::state::{Drafts, Place};

/// What a composer hands over to be sent.
pub type Draft = (message::Id, String);

/// A text, and how it is sent.
#[derive(Clone, Copy)]
struct Sending {
    /// With which the next text is sent.
    id: RwSignal<message::Id>,
    typing: Typing,
    /// Whether what is in the field may be stored under this id already: then trying again is the same message.
    in_doubt: StoredValue<bool>,
    /// Why it was refused without WASM, until it is tried again.
    error: RwSignal<Option<AppError>>,
    send: Callback<Draft>,
}

impl Sending {
    fn is_possible(&self) -> bool {
        Body::parse(&self.typing.text.read()).is_ok()
    }

    fn submit(&self) {
        self.typing.read_field();
        if untrack(|| self.is_possible()) {
            if !self.in_doubt.get_value() {
                // Of now: what is unsent goes out in the order of its ids.
                self.id.set(message::Id(Uuid::now_v7()));
            }
            self.in_doubt.set_value(false);
            self.error.set(None);
            let text = self.typing.text.get_untracked();
            self.send.run((self.id.get_untracked(), text.clone()));
            self.typing.take_out(&text);
        }
        // A button that cannot be pressed any more would take the focus with it.
        self.typing.focus();
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
    /// Puts a message into the outbox.
    send: Callback<Draft>,
    /// Why the same form was refused without WASM.
    refused: Option<Refused>,
    /// Where what is typed is kept until it is sent.
    draft: (Drafts, Place),
    /// Called whenever something is typed.
    #[prop(optional, into)]
    typing: Option<Callback<()>>,
) -> impl IntoView {
    let typed_now = typing;
    let (name, value) = bound_to;
    let (first_error, typed, id) = begin(refused, (name, &value), next_message);
    let (in_doubt, error) = (StoredValue::new(id != next_message), RwSignal::new(first_error));
    let typing = Typing::new(typed.clone());
    let sending = Sending { id: RwSignal::new(id), typing, in_doubt, error, send };
    let (drafts, place) = draft;
    keep_draft(typing, drafts, place);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        sending.submit();
    };
    let on_keydown = move |event: KeyboardEvent| {
        if sends(&event) {
            event.prevent_default();
            sending.submit();
        }
    };
    view! {
        <form class="composer" method="post" action=action autocomplete="off" on:submit=on_submit>
            <input type="hidden" name=name value=value/>
            <input type="hidden" name="id" value=move || sending.id.get().to_string()/>
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
                aria-describedby="composer-error composer-count"
                aria-invalid=move || typing.wrong.read().is_some().then_some("true")
                node_ref=typing.field
                on:input=move |_| { typing.read_field(); if let Some(told) = typed_now { told.run(()) } }
                on:keydown=on_keydown
                // A text as child would not be escaped by Leptos 0.8.
                inner_html=textarea_content(&typed)
            ></textarea>
            <Counter typing/>
            <button class="button button--primary composer__send" type="submit" disabled=move || typing.alive.get() && !sending.is_possible()>
                "Send"
            </button>
        </form>
    }
}

/// Puts what was begun before into the field, unless something is in it already, and keeps what is in it from then on.
fn keep_draft(typing: Typing, drafts: Drafts, place: Place) {
    Effect::new(move |begun: Option<bool>| {
        if begun != Some(true) {
            let kept = drafts.of(place);
            // The drafts are taken out once it is known whose they are.
            if !typing.alive.get() || !drafts.are_out() {
                return false;
            }
            if let Some(kept) = kept.filter(|_| typing.text.with_untracked(String::is_empty)) {
                typing.put(&kept);
            }
            if drafts.goes_on_in(place) && focus_is_free() {
                typing.focus();
            }
        }
        drafts.keep(place, &typing.text.read());
        true
    });
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
    // What is wrong with the text is said beside it, and not once more above.
    let said_beside = wrong_with(&text).map(|reason| AppError::invalid("body", reason));
    let error = (said_beside.as_ref() != Some(&refused.error)).then_some(refused.error);
    (error, text, same_id.unwrap_or(next_message))
}

/// Enter sends, with Shift it breaks the line. While a word is being composed (Japanese, Chinese, Korean) Enter
/// chooses it: 229 is what Safari reports for that key, after it has already ended the composition.
fn sends(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::InvalidBody;

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
    fn what_is_said_beside_the_field_is_not_said_above_it() {
        let mut form = refused(AppError::invalid("body", InvalidBody::Control)).expect("made above");
        form.fields.insert("body".to_owned(), "hel\u{7}lo".to_owned());
        assert_eq!(begin(Some(form), BEN, id(2)), (None, "hel\u{7}lo".to_owned(), id(1)));
        let blank = AppError::invalid("body", InvalidBody::Blank);
        assert_eq!(begin(refused(blank.clone()), BEN, id(2)).0, Some(blank));
    }

    #[test]
    fn a_message_that_was_refused_for_one_person_is_not_offered_for_another() {
        let begun = begin(refused(AppError::Unavailable), ("handle", "cy"), id(2));
        assert_eq!(begun, (Some(AppError::Unavailable), String::new(), id(2)));
    }
}
