//! Changes of a composer's mode: an edit or an answer begins and ends, here or on another page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api;
use crate::domain::message::MessageRef;
use crate::ui::state::composer::ComposerForm;
use crate::ui::state::composing::Composing;
use crate::ui::state::drafts::kept_mode::{KeptMode, unloaded};
use crate::ui::state::drafts::shared_draft::{SharedDraft, join};
use crate::ui::state::message_actions::MessageActions;

impl ComposerForm {
    /// Leaves an edit or an answer. The draft from before an edit comes back.
    pub fn leave_mode(&self) {
        let left = self.mode.shown.get_value();
        let next = if left.is_edit() { self.mode.draft.with_value(|(next, _)| next.clone()) } else { Composing::New };
        self.mode.composing.set(next);
        self.sync();
        self.mode.forget(&left);
        self.keep_mode();
        self.field.focus();
    }

    /// Edits the user's last message, if the field is empty: the last one in the outbox, or else the last one that is
    /// loaded and can be edited. Returns false if there is none.
    pub fn edit_last(&self) -> bool {
        let is_new = self.mode.composing.with_untracked(|composing| *composing == Composing::New);
        if !is_new || !self.field.text.with_untracked(String::is_empty) {
            return false;
        }
        let stored = || Some(Composing::Edit(Box::new(self.mode.actions?.last_editable()?)));
        match untrack(|| self.last_unsent()).or_else(stored) {
            Some(edit) => {
                self.mode.composing.set(edit);
                true
            }
            None => false,
        }
    }

    /// Returns the edit of the last message that waits in the outbox.
    fn last_unsent(&self) -> Option<Composing> {
        let entry = self.mode.outbox?.of(self.kept_in.1).into_iter().rfind(|shown| !shown.item.is_change())?;
        let body = entry.item.content.text()?.to_owned();
        Some(Composing::EditUnsent { id: entry.item.id, body })
    }

    /// Saves the text of an edit, and leaves it.
    pub(super) fn save_edit(&self, text: &str) {
        match self.mode.composing.get_untracked() {
            Composing::New | Composing::Reply(_) => {}
            Composing::Edit(message) => {
                if let Some(actions) = self.mode.actions {
                    actions.edit(&message, text);
                }
            }
            Composing::EditUnsent { id, .. } => {
                let stored = || Some((self.mode.actions?, self.mode.actions?.open().message(id)?));
                if self.mode.outbox.is_some_and(|outbox| outbox.edit(id, text)) {
                    // It still waits there.
                } else if let Some((actions, message)) = untrack(stored) {
                    actions.edit(&message, text);
                } else {
                    self.mode.draft.update_value(|(_, draft)| *draft = join(draft, text));
                }
            }
        }
        self.leave_mode();
    }

    /// Brings together the mode and the kept one, and shows it. Returns true if the field has changed.
    pub(super) fn sync_mode(&self) -> bool {
        let (mode, (drafts, target)) = (self.mode, self.kept_in);
        let (wanted, before) = (mode.composing.get_untracked(), mode.shown.get_value());
        let kept = drafts.mode_in(target);
        if wanted == before {
            match kept {
                Some(kept) if mode.agreed.with_value(|agreed| *agreed != kept) => return self.adopt_mode(kept),
                // The browser's storage was wiped.
                None => drafts.keep_mode(target, &mode.agreed.get_value()),
                Some(_) => {}
            }
            return false;
        }
        // An edit that was left by another page, or by this one before a reload, is interrupted and not lost.
        let unseen = kept.filter(|kept| mode.agreed.with_value(|agreed| agreed != kept));
        let is_adopted = unseen.is_some_and(|kept| self.adopt_mode(kept));
        let before = mode.shown.get_value();
        if is_adopted && wanted.is_edit() && before.edited_id() == wanted.edited_id() {
            return true;
        }
        mode.composing.set(wanted.clone());
        let text = mode.text_of(&wanted);
        let is_changed = self.show_mode(&wanted, text.as_deref()) || is_adopted;
        let kept = mode.kept(&wanted);
        drafts.keep_mode(target, &kept);
        if mode.agreed.try_update_value(|agreed| std::mem::replace(agreed, kept.clone())) != Some(kept) {
            self.field.focus();
        }
        // After the mode: another page must not take the text for the draft.
        if wanted.is_edit() || before.is_edit() {
            drafts.keep_edit(target, &text.unwrap_or_default());
        }
        is_changed
    }

    /// Keeps the mode, after an interrupted edit has been saved or left.
    fn keep_mode(&self) {
        let (mode, (drafts, target)) = (self.mode, self.kept_in);
        let kept = mode.kept(&mode.composing.get_untracked());
        drafts.keep_mode(target, &kept);
        mode.agreed.set_value(kept);
    }

    /// Takes over the mode that the browser has kept, from before a reload or from another page.
    fn adopt_mode(&self, kept: String) -> bool {
        let (mode, (drafts, target)) = (self.mode, self.kept_in);
        let read = KeptMode::read(&kept);
        mode.agreed.set_value(kept);
        mode.interrupted.set_value(read.interrupted.clone());
        let reply = read.reply_to.clone().zip(mode.actions).map(|(reference, actions)| self.reply(reference, actions));
        let draft = reply.unwrap_or_default();
        let next = match drafts.owner().and_then(|me| read.editing(me)) {
            Some(edit) => {
                let text = drafts.edit_in(target);
                let text = text.as_deref().or(edit.edited_text()).map(ToOwned::to_owned);
                self.show_mode(&edit, text.as_deref());
                if let Some(outdated) = drafts.outdated_edit_in(target) {
                    mode.edit.set_value(SharedDraft::with(outdated));
                }
                mode.draft.update_value(|(next, _)| *next = draft);
                edit
            }
            None => {
                self.show_mode(&draft, None);
                draft
            }
        };
        mode.composing.set(next);
        true
    }

    /// Shows a mode in the field: the text of an edit, or the draft again after one. Returns true if the field has
    /// changed.
    fn show_mode(&self, next: &Composing, text: Option<&str>) -> bool {
        let mode = self.mode;
        let before = mode.shown.get_value();
        if before.is_edit() && before.edited_id() != next.edited_id() {
            mode.interrupt(&before, self.field.text.get_untracked());
        }
        mode.shown.set_value(next.clone());
        match text {
            Some(text) => {
                if !before.is_edit() {
                    mode.draft.set_value((before, self.field.text.get_untracked()));
                }
                mode.edit.set_value(SharedDraft::with(text.to_owned()));
                self.field.set(text);
                true
            }
            None if before.is_edit() => {
                let draft = mode.draft.try_update_value(std::mem::take).map(|(_, text)| text);
                self.field.set(&draft.unwrap_or_default());
                true
            }
            None => false,
        }
    }

    /// Keeps the text of the edit, and the draft that waits for its end. Returns true if the field has changed.
    pub(super) fn sync_edit(&self) -> bool {
        let (mode, (drafts, target)) = (self.mode, self.kept_in);
        let typed = mode.draft.with_value(|(_, text)| text.clone());
        let waiting = self.draft.try_update_value(|draft| drafts.sync(draft, target, &typed)).unwrap_or(typed);
        mode.draft.update_value(|(_, text)| *text = waiting);
        let typed = self.field.text.get_untracked();
        let text = mode.edit.try_update_value(|edit| drafts.sync_edit(edit, target, &typed));
        let text = text.filter(|text| *text != typed);
        if let Some(text) = &text {
            self.field.set(text);
        }
        text.is_some()
    }

    /// Returns the mode that answers a message. A message that is not loaded is requested.
    fn reply(&self, reference: MessageRef, actions: MessageActions) -> Composing {
        let open = actions.open();
        if let Some(message) = untrack(|| open.message(reference.id)) {
            return Composing::Reply(Box::new(message));
        }
        let (composing, id) = (self.mode.composing, reference.id);
        if let Some(conversation) = self.kept_in.1.conversation_id() {
            let sent_at = reference.sent_at.clone();
            spawn_local(async move {
                let Ok(view) = api::find_message(conversation, id, sent_at).await else { return };
                let is_answered = |it: &Composing| matches!(it, Composing::Reply(message) if message.id == id);
                if composing.try_with_untracked(is_answered) == Some(true) {
                    composing.set(Composing::Reply(Box::new(view.message)));
                }
            });
        }
        Composing::Reply(Box::new(unloaded(reference, open.me())))
    }
}
