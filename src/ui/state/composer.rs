//! Message composer: the text that the user writes, until it is handed over for sending.
//!
//! With WASM a sent text moves from the field to the outbox, which keeps it until the server has stored it. Without
//! WASM a refused text returns to the field together with its message id, so that a retry cannot store it twice.

use leptos::prelude::*;
use leptos::web_sys::KeyboardEvent;

use crate::domain::conversation;
use crate::domain::error::AppError;
use crate::domain::message::{self, Body};
use crate::domain::refused_form::RefusedForm;
use crate::ui::state::composer_field::{ComposerField, body_error};
use crate::ui::state::composer_mode::ComposerMode;
use crate::ui::state::composing::{Composing, OutgoingMessage};
use crate::ui::state::drafts::shared_draft::SharedDraft;
use crate::ui::state::focus::focus_is_free;
use crate::ui::state::page_clock::{learn_server_time, new_message_id};
use crate::ui::state::reactive::effect;
use crate::ui::state::{ComposeTarget, Drafts};

/// Ways of a text out of the composer.
#[derive(Clone, Copy)]
pub struct ComposerWays {
    /// Puts a message into the outbox.
    pub send: Callback<OutgoingMessage>,
    /// Store that keeps the text until it is sent, and the key of the text in it.
    pub kept_in: (Drafts, ComposeTarget),
}

/// Form of the composer: its field, and the state of the next message.
#[derive(Clone, Copy)]
pub struct ComposerForm {
    /// Id of the next message.
    pub id: RwSignal<message::Id>,
    pub field: ComposerField,
    /// True if the server may already have stored the text under `id`: a retry must then keep the id.
    may_be_stored: StoredValue<bool>,
    /// Reason why the server refused the form without WASM; cleared by the next attempt.
    pub error: RwSignal<Option<AppError>>,
    pub(super) send: Callback<OutgoingMessage>,
    /// Store of the text, and its key there.
    pub(super) kept_in: (Drafts, ComposeTarget),
    pub(super) draft: StoredValue<SharedDraft>,
    pub mode: ComposerMode,
}

impl ComposerForm {
    /// Creates the form, which continues with `refused` if the server has just refused it without WASM. `bound_to` is
    /// the name and value of the hidden field that names its conversation or recipient.
    pub fn new(
        next_message: message::Id,
        bound_to: (&str, &str),
        refused: Option<RefusedForm>,
        ways: ComposerWays,
    ) -> Self {
        let (error, typed, id) = restore(refused, bound_to, next_message);
        let ComposerWays { send, kept_in } = ways;
        effect(move || learn_server_time(next_message));
        Self {
            id: RwSignal::new(id),
            field: ComposerField::new(typed),
            may_be_stored: StoredValue::new(id != next_message),
            error: RwSignal::new(error),
            send,
            kept_in,
            draft: StoredValue::new(SharedDraft::default()),
            mode: ComposerMode::new(),
        }
    }

    /// Returns the conversation, if it exists.
    pub fn conversation_id(&self) -> Option<conversation::Id> {
        self.kept_in.1.conversation_id()
    }

    /// Returns whether the text can be sent.
    pub fn is_sendable(&self) -> bool {
        Body::parse(&self.field.text.read()).is_ok()
    }

    /// Sends or saves the text, unless it is invalid, or was sent or changed on another page at the last moment: then
    /// the field shows that first.
    pub fn submit(&self) {
        self.field.read();
        if !self.sync() && untrack(|| self.is_sendable()) {
            self.error.set(None);
            let text = self.field.text.get_untracked();
            if self.mode.composing.with_untracked(Composing::is_edit) {
                self.save_edit(&text);
            } else {
                self.send_text(text);
            }
        }
        // The empty field disables the button, and the focus would be lost with it.
        self.field.focus();
    }

    fn send_text(&self, body: String) {
        if !self.may_be_stored.get_value() {
            self.id.set(new_message_id());
        }
        self.may_be_stored.set_value(false);
        let (id, reply_to) = (self.id.get_untracked(), self.mode.reply_to());
        self.send.run(OutgoingMessage { id, body: body.clone(), reply_to });
        self.field.remove_sent(&body);
        self.mode.composing.set(Composing::New);
        // At once: the pages of this browser must not offer the text again.
        self.sync();
    }

    /// Puts the kept draft into the field after hydration, and from then on keeps the field's text as the draft, and
    /// shows the changes of other pages.
    pub fn keep_draft(&self) {
        let (form, field, (drafts, target)) = (*self, self.field, self.kept_in);
        Effect::new(move |opened: Option<bool>| {
            drafts.track_other_pages();
            field.text.track();
            form.mode.composing.track();
            // The drafts are loaded only once the signed-in user is known.
            if !field.hydrated.get() || !drafts.are_loaded() {
                return false;
            }
            if opened != Some(true) {
                form.update(|draft, typed| drafts.open(draft, target, typed));
                if drafts.take_resume(target) && focus_is_free() {
                    field.focus();
                }
            }
            form.sync();
            true
        });
    }

    /// Brings together the composer and what the browser keeps of it. Returns true if the field has changed.
    pub(super) fn sync(&self) -> bool {
        let is_changed = self.sync_mode();
        let (drafts, target) = self.kept_in;
        if self.mode.is_edit() {
            self.sync_edit() || is_changed
        } else {
            self.update(|draft, typed| drafts.sync(draft, target, typed)) || is_changed
        }
    }

    fn update(&self, sync: impl FnOnce(&mut SharedDraft, &str) -> String) -> bool {
        let typed = self.field.text.get_untracked();
        let text = self.draft.try_update_value(|draft| sync(draft, &typed)).filter(|text| *text != typed);
        if let Some(text) = &text {
            self.field.set(text);
        }
        text.is_some()
    }
}

/// Returns the error, the text and the message id with which a form continues after a refusal without WASM. An id that
/// belongs to another message is replaced. A text that was written to another recipient is dropped, because it could be
/// sent to the wrong one.
fn restore(
    refused: Option<RefusedForm>,
    bound_to: (&str, &str),
    next_message: message::Id,
) -> (Option<AppError>, String, message::Id) {
    let Some(refused) = refused else { return (None, String::new(), next_message) };
    let taken = matches!(refused.error, Some(AppError::Conflict(_)));
    let same_id = refused.typed_for(bound_to, "id").filter(|_| !taken).and_then(|id| id.parse().ok());
    let text = refused.typed_for(bound_to, "body").cloned().unwrap_or_default();
    // The counter already shows an invalid text beside the field.
    let shown_beside = body_error(&text).map(|reason| AppError::invalid("body", reason));
    let error = refused.error.filter(|error| shown_beside.as_ref() != Some(error));
    (error, text, same_id.unwrap_or(next_message))
}

/// Returns true for a key that sends: Enter without Shift, or with an on-screen keyboard only together with Ctrl or
/// Cmd, because such a keyboard has no other way to break a line. Never while an input method (Japanese, Chinese,
/// Korean) is composing: there Enter accepts the composed word. Safari ends the composition first and then reports the
/// key code 229.
pub fn is_send_key(event: &KeyboardEvent) -> bool {
    let is_enter = event.key() == "Enter" && !event.is_composing() && event.key_code() != 229;
    is_enter && !event.shift_key() && (event.ctrl_key() || event.meta_key() || !has_touch_keyboard())
}

/// Returns true for a key that leaves an edit or an answer: Escape, unless it ends the composition of an input method.
pub fn is_leave_key(event: &KeyboardEvent) -> bool {
    event.key() == "Escape" && !event.is_composing() && event.key_code() != 229
}

/// Returns true for the key that edits the last message: the arrow up, without others.
pub fn is_edit_key(event: &KeyboardEvent) -> bool {
    let is_modified = event.shift_key() || event.ctrl_key() || event.meta_key() || event.alt_key();
    event.key() == "ArrowUp" && !is_modified && !event.is_composing()
}

/// Returns whether the main input device is a finger, and the keyboard so most likely on the screen.
pub fn has_touch_keyboard() -> bool {
    window().match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::error::Conflict;
    use crate::domain::message::InvalidBody;

    const BEN: (&str, &str) = ("handle", "ben");

    fn refused(error: AppError) -> Option<RefusedForm> {
        let fields =
            [("handle", "ben".to_owned()), ("id", Uuid::from_u128(1).to_string()), ("body", "hello".to_owned())];
        Some(RefusedForm { error: Some(error), fields: fields.map(|(name, value)| (name.to_owned(), value)).into() })
    }

    fn id(n: u128) -> message::Id {
        message::Id(Uuid::from_u128(n))
    }

    #[test]
    fn a_refused_message_keeps_its_text_and_its_id() {
        let restored = restore(refused(AppError::Unavailable), BEN, id(2));
        assert_eq!(restored, (Some(AppError::Unavailable), "hello".to_owned(), id(1)));
    }

    #[test]
    fn an_id_that_is_already_used_is_not_retried() {
        assert_eq!(restore(refused(AppError::Conflict(Conflict::MessageIdTaken)), BEN, id(2)).2, id(2));
        assert_eq!(restore(None, BEN, id(2)), (None, String::new(), id(2)));
    }

    #[test]
    fn an_error_shown_beside_the_field_is_not_repeated_above_it() {
        let mut form = refused(AppError::invalid("body", InvalidBody::Control)).expect("made above");
        form.fields.insert("body".to_owned(), "hel\u{7}lo".to_owned());
        assert_eq!(restore(Some(form), BEN, id(2)), (None, "hel\u{7}lo".to_owned(), id(1)));
        let blank = AppError::invalid("body", InvalidBody::Blank);
        assert_eq!(restore(refused(blank.clone()), BEN, id(2)).0, Some(blank));
    }

    #[test]
    fn a_refused_message_is_not_offered_to_another_recipient() {
        let restored = restore(refused(AppError::Unavailable), ("handle", "cy"), id(2));
        assert_eq!(restored, (Some(AppError::Unavailable), String::new(), id(2)));
    }
}
