//! The page of one message: what it shows, and the changes that the user makes there.

use futures::channel::oneshot;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::api;
use crate::domain::conversation::{self, MessageView};
use crate::domain::emoji::Emoji;
use crate::domain::error::{AppError, Conflict};
use crate::domain::event::Event;
use crate::domain::message::{self, Message, MessageRef};
use crate::domain::{paths, user};
use crate::ui::state::LiveEvents;
use crate::ui::state::kept_text::KeptText;
use crate::ui::state::reactive::effect;

/// Message, and the text that the user has typed into its edit form. It outlives the form, which a block takes away.
pub type Typed = Option<(message::Id, String)>;

/// Returns the text that the user has typed for this message.
pub fn text_of(typed: RwSignal<Typed>, message: message::Id) -> Option<String> {
    typed.get_untracked().filter(|(id, _)| *id == message).map(|(_, text)| text)
}

/// A message as its page knows it.
#[derive(Clone, Copy)]
pub struct MessagePage {
    me: user::Id,
    conversation: conversation::Id,
    pub view: RwSignal<MessageView>,
    /// Text that the user has typed into the form for the next edit.
    pub kept: KeptText,
    /// Number of edits of the text that the form for the next edit is based on.
    pub edits: RwSignal<u32>,
    /// Error of the last attempt.
    pub error: RwSignal<Option<AppError>>,
    /// True after a refusal because of a newer text, until the page shows that text.
    is_outdated: StoredValue<bool>,
    /// True while an edit or a deletion is on its way to the server.
    is_leaving: StoredValue<bool>,
    /// Ends when the last change has been answered.
    last: StoredValue<Option<oneshot::Receiver<()>>>,
    /// Path to which the browser goes after an edit or a deletion.
    done: RwSignal<Option<String>>,
}

impl MessagePage {
    /// Starts with the answer of the server. `error`: the reason why the server has just refused a form without WASM.
    pub fn new(view: MessageView, me: user::Id, error: Option<AppError>) -> Self {
        Self {
            me,
            conversation: view.conversation,
            kept: KeptText::of_edit(me, view.message.id),
            edits: RwSignal::new(view.message.edits),
            view: RwSignal::new(view),
            error: RwSignal::new(error),
            is_outdated: StoredValue::new(false),
            is_leaving: StoredValue::new(false),
            last: StoredValue::new(None),
            done: RwSignal::new(None),
        }
    }

    /// Keeps the message up to date, and leaves the page after an edit or a deletion.
    pub fn start(self, live: LiveEvents) {
        live.listen(Callback::new(move |event: Event| match event {
            Event::MessageChanged { conversation, message } if conversation == self.conversation => {
                self.take(&message);
            }
            Event::Resync => self.reload(),
            _ => {}
        }));
        let navigate = use_navigate();
        effect(move || {
            if let Some(path) = self.done.get() {
                navigate(&path, Default::default());
            }
        });
    }

    /// Returns true if the user has reacted with this emoji.
    pub fn has_reacted(self, emoji: &str) -> bool {
        let view = self.view.read();
        view.message.reactions.iter().any(|it| it.emoji.as_str() == emoji && it.users.contains(&self.me))
    }

    /// Replaces the text of the message.
    pub fn edit(self, body: String) {
        let (conversation, MessageRef { id, sent_at }) = (self.conversation, self.reference());
        let edits = self.edits.get_untracked();
        self.call(true, async move { api::edit_message(conversation, id, sent_at, edits, body, Some(self.me)).await });
    }

    /// Deletes the message.
    pub fn delete(self) {
        let (conversation, MessageRef { id, sent_at }) = (self.conversation, self.reference());
        let edits = untrack(|| self.seen_edits());
        self.call(
            true,
            async move { api::delete_message(conversation, id, sent_at, Some(self.me), Some(edits)).await },
        );
    }

    /// Adds (`on`) or removes the user's reaction.
    pub fn react(self, emoji: &Emoji, on: bool) {
        let (conversation, MessageRef { id, sent_at }) = (self.conversation, self.reference());
        let (emoji, edits) = (emoji.as_str().to_owned(), untrack(|| self.seen_edits()));
        self.call(
            false,
            async move { api::react(conversation, id, sent_at, emoji, on, Some(self.me), Some(edits)).await },
        );
    }

    /// Number of edits of the text that the page shows.
    pub fn seen_edits(self) -> u32 {
        self.view.read().message.edits
    }

    fn reference(self) -> MessageRef {
        self.view.with_untracked(|view| view.message.reference())
    }

    /// Makes one change after the other. `leaves`: a change that has succeeded leads to the message in its
    /// conversation; one at a time, because a second press means the same.
    fn call(self, leaves: bool, change: impl Future<Output = Result<Message, AppError>> + 'static) {
        if leaves && self.is_leaving.get_value() {
            return;
        }
        self.is_leaving.update_value(|is_leaving| *is_leaving |= leaves);
        let (answered, next) = oneshot::channel();
        let before = self.last.try_update_value(|last| last.replace(next)).flatten();
        spawn_local(async move {
            if let Some(before) = before {
                // An error is the end of the change before.
                let _ = before.await;
            }
            let result = change.await;
            drop(answered);
            let is_open = self.is_leaving.try_update_value(|is_leaving| *is_leaving &= !leaves).is_some();
            if !is_open {
                return;
            }
            self.error.set(result.as_ref().err().cloned());
            match result {
                Ok(message) if leaves => {
                    self.kept.forget();
                    self.done.set(Some(paths::link_to(self.conversation, &message.reference())));
                }
                Ok(message) => self.take(&message),
                Err(AppError::Conflict(conflict)) => {
                    self.is_outdated.set_value(conflict == Conflict::MessageChanged);
                    // An event may have brought the newer text before this answer.
                    self.base_form_on_view();
                    self.reload();
                }
                Err(_) => {}
            }
        });
    }

    /// Takes over a state of the message, if it is newer. A new text comes with its history.
    fn take(self, message: &Message) {
        let is_new_text = self.view.try_maybe_update(|view| {
            let is_newer = view.message.id == message.id && view.message.changed < message.changed;
            let is_new_text = is_newer && view.message.version() != message.version();
            if is_newer {
                view.message.merge(message);
            }
            (is_newer, is_new_text)
        });
        if is_new_text == Some(true) {
            if message.is_deleted() {
                // The page goes on showing it.
                self.kept.forget();
            }
            self.base_form_on_view();
            self.reload();
        }
    }

    /// Once the page shows the text that the form was refused for, bases the form on it: the user can read it, so
    /// sending the form again is a decision. A text that comes later is not meant by that, and refuses the form once
    /// more.
    fn base_form_on_view(self) {
        let shown = untrack(|| self.seen_edits());
        if self.is_outdated.get_value() && shown > self.edits.get_untracked() {
            self.is_outdated.set_value(false);
            self.edits.set(shown);
            if self.kept.read().is_some() {
                self.kept.keep(shown);
            }
        }
    }

    fn reload(self) {
        let (conversation, MessageRef { id, sent_at }) = (self.conversation, self.reference());
        spawn_local(async move {
            if let Ok(view) = api::find_message(conversation, id, sent_at).await
                && self.view.try_set(view).is_none()
            {
                self.base_form_on_view();
            }
        });
    }
}
