//! Mode of a composer: it writes a new message, an answer, or another text for a message.

use leptos::prelude::*;

use crate::domain::message::{self, Message, MessageRef};
use crate::domain::user;
use crate::ui::state::Outbox;
use crate::ui::state::composing::Composing;
use crate::ui::state::drafts::kept_mode::KeptMode;
use crate::ui::state::drafts::shared_draft::SharedDraft;
use crate::ui::state::message_actions::MessageActions;

/// Mode of a composer. All composers of a conversation in a browser have the same one, as they have the same draft.
#[derive(Clone, Copy)]
pub struct ComposerMode {
    pub composing: RwSignal<Composing>,
    /// Actions of the conversation; `None` before it exists.
    pub(super) actions: Option<MessageActions>,
    pub(super) outbox: Option<Outbox>,
    /// Mode to which the text in the field belongs now.
    pub(super) shown: StoredValue<Composing>,
    /// During an edit: what the composer writes afterwards, and its text.
    pub(super) draft: StoredValue<(Composing, String)>,
    /// Changed texts of edits that another command has interrupted, until they are saved or left.
    pub(super) interrupted: StoredValue<Vec<(message::Id, String)>>,
    /// The kept text of the edit.
    pub(super) edit: StoredValue<SharedDraft>,
    /// The kept mode, as this composer last saw it.
    pub(super) agreed: StoredValue<String>,
}

impl ComposerMode {
    /// Creates the mode of the composer of the page, which the page provides as context.
    pub(super) fn new() -> Self {
        Self {
            composing: use_context().unwrap_or_default(),
            actions: use_context(),
            outbox: use_context(),
            shown: StoredValue::new(Composing::New),
            draft: StoredValue::new(Default::default()),
            interrupted: StoredValue::default(),
            edit: StoredValue::new(SharedDraft::default()),
            agreed: StoredValue::new(String::new()),
        }
    }

    /// Returns whether the field shows the text of an edit.
    pub(super) fn is_edit(&self) -> bool {
        self.shown.with_value(Composing::is_edit)
    }

    /// Returns the text with which an edit begins: the current text, or the one at which it was interrupted.
    pub(super) fn text_of(&self, composing: &Composing) -> Option<String> {
        let id = composing.edited_id()?;
        let interrupted =
            self.interrupted.with_value(|all| all.iter().find(|(of, _)| *of == id).map(|(_, it)| it.clone()));
        interrupted.or_else(|| composing.edited_text().map(ToOwned::to_owned))
    }

    /// Remembers the text of an edit that another mode replaces, if it has been changed.
    pub(super) fn interrupt(&self, edit: &Composing, text: String) {
        self.forget(edit);
        if let Some(id) = edit.edited_id().filter(|_| edit.edited_text() != Some(&text)) {
            self.interrupted.update_value(|all| all.push((id, text)));
        }
    }

    /// Forgets the text of an edit that is saved or left.
    pub(super) fn forget(&self, edit: &Composing) {
        self.interrupted.update_value(|all| all.retain(|(of, _)| Some(*of) != edit.edited_id()));
    }

    /// Returns what the browser keeps of this mode.
    pub(super) fn kept(&self, composing: &Composing) -> String {
        let mut kept = self.draft.with_value(|(next, _)| KeptMode::of(composing, next));
        kept.interrupted = self.interrupted.get_value();
        kept.text()
    }

    /// Returns the message that the next one answers.
    pub(super) fn reply_to(&self) -> Option<MessageRef> {
        self.composing.with_untracked(|composing| KeptMode::of(composing, &Composing::New).reply_to)
    }

    /// Returns the user, in a conversation.
    pub fn me(&self) -> Option<user::Id> {
        self.actions.map(|actions| actions.open().me())
    }

    /// Returns the number of edits that the message had when its edit began.
    pub fn edits_before(&self) -> Option<u32> {
        self.composing.with(|composing| match composing {
            Composing::Edit(message) => Some(message.edits),
            Composing::New | Composing::Reply(_) | Composing::EditUnsent { .. } => None,
        })
    }

    /// Returns the message that is being answered or edited, as it is now; `None` if there is none, or if it is not
    /// loaded.
    pub fn message(&self) -> Option<Message> {
        let (Composing::Reply(message) | Composing::Edit(message)) = self.composing.get() else { return None };
        let loaded = self.actions.and_then(|actions| actions.open().message(message.id));
        loaded.or_else(|| (!message.body.is_empty() || message.is_deleted()).then_some(*message))
    }
}
