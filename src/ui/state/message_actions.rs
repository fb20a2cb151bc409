//! Actions of the user on a message of the open conversation.

use leptos::prelude::*;

use crate::domain::emoji::Emoji;
use crate::domain::message::{EDITABLE_HOURS, EDITS_MAX, Message};
use crate::ui::state::compose_target::Target;
use crate::ui::state::composing::Composing;
use crate::ui::state::moment::{Moment, Zone};
use crate::ui::state::open_conversation::OpenConversation;
use crate::ui::state::outbox::queue::is_same_text;
use crate::ui::state::outbox::unsent::{Content, NewUnsent};
use crate::ui::state::page_clock::{new_message_id, server_now_ms};
use crate::ui::state::{ComposeTarget, Outbox};

/// The actions, in one conversation. They go through the outbox, and show at once.
#[derive(Clone, Copy)]
pub struct MessageActions {
    open: OpenConversation,
    outbox: Outbox,
    target: ComposeTarget,
    /// Names of the other members.
    to: StoredValue<String>,
    /// Mode of the composer.
    pub composing: RwSignal<Composing>,
}

impl MessageActions {
    /// Creates the actions in the open conversation, which is the target of the composer. `to` names the other members.
    pub fn new(open: OpenConversation, outbox: Outbox, target: ComposeTarget, to: String) -> Self {
        let composing = RwSignal::new(Composing::New);
        Self { open, outbox, target, to: StoredValue::new(to), composing }
    }

    /// Returns the open conversation.
    pub fn open(self) -> OpenConversation {
        self.open
    }

    /// Returns whether the user can edit a message at `now` (milliseconds since 1970).
    pub fn can_edit(self, message: &Message, sent_at_ms: u64, now_ms: u64) -> bool {
        let age_hours = now_ms.saturating_sub(sent_at_ms) / 3_600_000;
        self.can_delete(message) && message.edits < EDITS_MAX && (age_hours as i64) < EDITABLE_HOURS
    }

    /// Returns whether the user can delete a message.
    pub fn can_delete(self, message: &Message) -> bool {
        message.author == self.open.me() && !message.is_deleted()
    }

    /// Returns the last of the user's own loaded messages that can be edited now.
    pub fn last_editable(self) -> Option<Message> {
        let now_ms = server_now_ms();
        let sent_at_ms = |message: &Message| {
            let minutes = Moment::of(&message.sent_at, Zone::Utc).map_or(0, Moment::minutes);
            minutes as u64 * 60_000
        };
        let can_edit = |message: &&Message| self.can_edit(message, sent_at_ms(message), now_ms);
        self.open.messages().with_untracked(|messages| messages.iter().rev().find(can_edit).cloned())
    }

    /// Lets the composer answer a message.
    pub fn reply_to(self, message: Message) {
        self.composing.set(Composing::Reply(Box::new(message)));
    }

    /// Lets the composer edit a message.
    pub fn start_edit(self, message: Message) {
        self.composing.set(Composing::Edit(Box::new(message)));
    }

    /// Replaces the text of a message, unless it is the same.
    pub fn edit(self, message: &Message, text: &str) {
        if !is_same_text(text, &message.body) {
            let (reference, edits, body) = (message.reference(), message.edits, text.to_owned());
            self.push(Content::Edit { message: reference, edits, body }, Some(message.body.clone()));
        }
    }

    /// Deletes a message. The user has confirmed it.
    pub fn delete(self, message: &Message) {
        self.push(Content::Delete(message.reference()), None);
    }

    /// Adds (`on`) or removes the user's reaction.
    pub fn react(self, message: &Message, emoji: Emoji, on: bool) {
        self.push(Content::React { message: message.reference(), emoji, on }, None);
    }

    fn push(self, content: Content, edited: Option<String>) {
        let Some(conversation) = self.target.conversation_id() else { return };
        let (id, target, peer) = (new_message_id(), Target::Conversation(conversation), self.target.peer());
        let (to, reply_to) = (self.to.get_value(), None);
        self.outbox.push(NewUnsent { id, target, peer, to, content, reply_to, edited });
    }
}
