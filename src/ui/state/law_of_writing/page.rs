//! Simulated page: the rules of outbox and drafts, without a browser around them.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::domain::message::{self, Message};
use crate::domain::{conversation, samples};
use crate::ui::state::compose_target::Target;
use crate::ui::state::drafts::shared_draft::SharedDraft;
use crate::ui::state::law_of_writing::storage::{Notice, Storage};
use crate::ui::state::outbox::pending::apply_pending;
use crate::ui::state::outbox::queue::{Command, Now, Outcome, Queue};
use crate::ui::state::outbox::unsent::{Content, NewUnsent, Unsent};

/// A page with the composer of a conversation.
#[derive(Debug)]
pub(super) struct Page {
    number: usize,
    pub(super) conversation: usize,
    pub(super) field: String,
    pub(super) queue: Queue,
    pub(super) in_flight: Vec<Unsent>,
    /// Messages of all conversations, as the server had them when the page last heard of them.
    pub(super) loaded: Vec<(Target, Message)>,
    draft: SharedDraft,
    /// Drafts of all conversations, for the list.
    pub(super) texts: BTreeMap<usize, String>,
    is_draft_kept: bool,
    /// True from the sign-out on the other page until the user is signed in again.
    is_closed: bool,
}

pub(super) fn target(conversation: usize) -> Target {
    Target::Conversation(conversation::Id(Uuid::from_u128(conversation as u128 + 1)))
}

impl Page {
    pub(super) fn load(number: usize, conversation: usize, storage: &mut Storage, now: Now) -> Self {
        storage.forget_notices(number);
        let mut page = Self {
            number,
            conversation,
            field: String::new(),
            queue: Queue::default(),
            in_flight: Vec::new(),
            loaded: Vec::new(),
            draft: SharedDraft::default(),
            texts: storage.drafts.clone(),
            is_draft_kept: true,
            is_closed: false,
        };
        page.reconcile(storage, now);
        page.sync(storage);
        page
    }

    /// Brings field and kept draft together. Returns whether the field has changed.
    pub(super) fn sync(&mut self, storage: &mut Storage) -> bool {
        if self.is_closed {
            self.draft.forget();
            return false;
        }
        let kept = storage.drafts.get(&self.conversation).cloned();
        let put = |text: &str| storage.put_draft(self.number, self.conversation, text);
        let synced = self.draft.sync(&self.field, kept.as_deref(), put);
        self.is_draft_kept = synced.is_kept;
        let has_changed = synced.text != self.field;
        self.texts.insert(self.conversation, synced.text.clone());
        self.field = synced.text;
        has_changed
    }

    /// Presses the button. Returns whether a message was sent.
    pub(super) fn send(&mut self, id: message::Id, storage: &mut Storage, now: Now) -> bool {
        if self.sync(storage) || self.field.trim().is_empty() {
            return false;
        }
        self.reconcile(storage, now);
        let body = std::mem::take(&mut self.field);
        self.push(id, Content::Body(body), None, (storage, now));
        self.sync(storage);
        true
    }

    /// Returns the last message of the conversation as the page shows it, unless it is deleted.
    pub(super) fn last_shown(&self, now: Now) -> Option<Message> {
        let here = self.loaded.iter().filter(|(of, _)| *of == target(self.conversation));
        let mut messages: Vec<_> = here.map(|(_, message)| message.clone()).collect();
        apply_pending(&mut messages, &self.queue.shown(now), samples::user(1, "ana").id);
        messages.pop().filter(|message| !message.is_deleted())
    }

    /// Puts a message or a change into the outbox. `edited` is the text that the user has seen.
    pub(super) fn push(
        &mut self,
        id: message::Id,
        content: Content,
        edited: Option<String>,
        (storage, now): (&mut Storage, Now),
    ) {
        self.reconcile(storage, now);
        let (target, peer, to, reply_to) = (target(self.conversation), None, String::new(), None);
        let commands = self.queue.push(NewUnsent { id, target, peer, to, content, reply_to, edited }, now);
        self.run(commands, storage);
    }

    /// Adds a word to the last message of the conversation that is still in the outbox, and returns its id.
    pub(super) fn edit_unsent(&mut self, word: &str, storage: &mut Storage, now: Now) -> Option<message::Id> {
        self.reconcile(storage, now);
        let shown = self.queue.shown(now).into_iter().map(|shown| shown.item);
        let mut here = shown.filter(|item| item.target == target(self.conversation) && !item.is_change());
        let last = here.next_back()?;
        let text = format!("{}{word}", last.content.text().unwrap_or_default());
        let commands = self.queue.edit(last.id, &text, last.id);
        self.run(commands, storage);
        Some(last.id)
    }

    pub(super) fn reconcile(&mut self, storage: &mut Storage, now: Now) {
        let commands = self.queue.reconcile(storage.all_unsent(), now);
        self.run(commands, storage);
    }

    /// Puts back the drafts of other conversations that the browser has lost. Returns whether it keeps all of them.
    pub(super) fn put_back_drafts(&self, storage: &mut Storage) -> bool {
        let mut are_kept = true;
        let other = self.texts.iter().filter(|(conversation, _)| **conversation != self.conversation);
        for (conversation, text) in other.filter(|(_, text)| !self.is_closed && !text.trim().is_empty()) {
            if !storage.drafts.contains_key(conversation) {
                are_kept &= storage.put_draft(self.number, *conversation, text);
            }
        }
        are_kept
    }

    /// Handles a notice.
    pub(super) fn handle(&mut self, notice: Notice, storage: &mut Storage, now: Now) {
        let commands = match notice {
            Notice::Draft(conversation, text) => {
                self.texts.insert(conversation, text);
                self.sync(storage);
                return;
            }
            Notice::Unsent => return self.reconcile(storage, now),
            Notice::Wiped => {
                self.reconcile(storage, now);
                self.sync(storage);
                self.put_back_drafts(storage);
                return;
            }
            Notice::UnsentRemoved(item) => {
                let commands = self.queue.removed_elsewhere(&item);
                self.run(commands, storage);
                return self.reconcile(storage, now);
            }
            Notice::Stored(target, message) => {
                self.reconcile(storage, now);
                target.conversation_id().map_or(Vec::new(), |conversation| self.queue.stored(conversation, &message))
            }
            Notice::SignedOut => {
                self.is_closed = true;
                self.texts.clear();
                self.sync(storage);
                self.queue.forget()
            }
        };
        self.run(commands, storage);
    }

    /// The user is signed in again.
    pub(super) fn reopen(&mut self, storage: &mut Storage) {
        self.is_closed = false;
        self.sync(storage);
        self.queue.hurry();
    }

    /// Leaves the page, unless the browser has to ask: the page alone has some texts. Returns whether it has left.
    pub(super) fn leave(&mut self, storage: &mut Storage, now: Now) -> bool {
        self.reconcile(storage, now);
        self.sync(storage);
        let are_others_kept = self.put_back_drafts(storage);
        let has_unkept_draft = !self.field.trim().is_empty() && (self.is_closed || !self.is_draft_kept);
        are_others_kept && !has_unkept_draft && self.queue.shown(now).iter().all(|shown| shown.is_kept)
    }

    pub(super) fn answered(&mut self, item: &Unsent, outcome: Outcome, (storage, now): (&mut Storage, Now)) {
        self.reconcile(storage, now);
        let commands = self.queue.answered(item, outcome, now);
        self.run(commands, storage);
    }

    pub(super) fn run(&mut self, commands: Vec<Command>, storage: &mut Storage) {
        for command in commands {
            match command {
                Command::Put(item) => {
                    let id = item.id;
                    let is_kept = storage.put_unsent(self.number, *item);
                    self.queue.note_kept(id, is_kept);
                }
                Command::Remove(id) => storage.remove_unsent(self.number, id),
            }
        }
    }
}
