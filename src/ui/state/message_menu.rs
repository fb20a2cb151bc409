//! Menu and bar of the messages, and the commands that they give. All rows share one handler for each kind of event, so
//! that a row costs no closures.

use std::time::Duration;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::js_sys::Date;
use leptos::web_sys::{Element, Event, HtmlElement, MouseEvent};

use crate::domain::conversation;
use crate::domain::emoji::Emoji;
use crate::domain::message::{self, Message};
use crate::domain::paths;
use crate::domain::user;
use crate::ui::state::clipboard::copy;
use crate::ui::state::focus::{focus, focus_composer};
use crate::ui::state::hydrated::use_hydrated;
use crate::ui::state::message_actions::MessageActions;
use crate::ui::state::message_command::Command;

/// Time for which the page shows a note, such as that something has been copied.
const NOTE_SHOWN: Duration = Duration::from_secs(4);

/// Layer above the page that belongs to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Menu,
    Emoji,
    /// Question before a deletion.
    Delete,
}

/// Outcome of a command, as the page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    Copied,
    NotCopied,
    /// The code of the layer could not be loaded.
    LayerMissing,
}

/// State of the menu and the bar in one conversation.
#[derive(Clone, Copy)]
pub struct MessageMenu {
    pub conversation: conversation::Id,
    pub me: user::Id,
    pub hydrated: ReadSignal<bool>,
    /// The open layer and its message.
    pub open: RwSignal<Option<(Layer, Message)>>,
    /// Note that is shown for a moment.
    pub note: RwSignal<Option<Note>>,
    /// The message with the bar: under the pointer, or with the focus.
    pub active: RwSignal<Option<message::Id>>,
    actions: MessageActions,
    messages: Signal<Vec<Message>>,
    /// False if the conversation has no composer.
    can_write: bool,
    /// False if the user has blocked the peer.
    pub can_react: bool,
    /// True if the focus returns to the composer, and not to the message, when the layer closes.
    from_composer: StoredValue<bool>,
}

impl MessageMenu {
    /// Creates the menu of a conversation's messages.
    pub fn new(
        conversation: conversation::Id,
        me: user::Id,
        (actions, can_write, can_react): (MessageActions, bool, bool),
        messages: Signal<Vec<Message>>,
    ) -> Self {
        Self {
            conversation,
            me,
            hydrated: use_hydrated(),
            open: RwSignal::new(None),
            note: RwSignal::new(None),
            active: RwSignal::new(None),
            actions,
            messages,
            can_write,
            can_react,
            from_composer: StoredValue::new(false),
        }
    }

    /// Returns the path of a message's page.
    pub fn page_of(self, message: &Message) -> String {
        paths::message(self.conversation, &message.reference())
    }

    /// Returns whether the user can give a command for a message.
    pub fn allows(self, command: Command, message: &Message) -> bool {
        let (now, sent_at) = (Date::now(), Date::new(&message.sent_at.as_str().into()).get_time());
        match command {
            Command::Reply => self.can_write && !message.is_deleted(),
            Command::Edit => self.can_write && self.actions.can_edit(message, sent_at as u64, now as u64),
            Command::Emoji => self.can_react && !message.is_deleted(),
            Command::CopyText => !message.is_deleted(),
            Command::Delete => self.actions.can_delete(message),
            Command::CopyLink | Command::Menu => true,
        }
    }

    /// Returns whether the user has reacted to a message with an emoji.
    pub fn has_reacted(self, message: &Message, emoji: &str) -> bool {
        message.reactions.iter().any(|it| it.emoji.as_str() == emoji && it.users.contains(&self.me))
    }

    /// Handles a click on the messages: on a button of the bar, a reaction, or the link that opens the menu.
    pub fn on_click(self, event: &MouseEvent) {
        if event.button() != 0 || event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
            return;
        }
        if let Some(row) = closest(event, ".message[id]")
            && let Some(message) = self.message_in(&row)
            && self.follow(event, &message)
        {
            event.prevent_default();
        }
    }

    /// Handles a click inside the open layer.
    pub fn on_layer_click(self, event: &MouseEvent) {
        // The message as it is now, not as it was when the layer opened.
        let opened = self.open.get_untracked().map(|(_, message)| message.id);
        if let Some(message) = opened.and_then(|id| self.message(id)) {
            self.follow(event, &message);
        }
    }

    /// Does what the clicked element says. Returns false if it says nothing.
    fn follow(self, event: &Event, message: &Message) -> bool {
        if let Some(emoji) = closest(event, "[data-react]").and_then(|it| it.get_attribute("data-react")) {
            self.close();
            self.toggle(message, Emoji::stored(emoji));
            return true;
        }
        let command = closest(event, "[data-do]").and_then(|it| it.get_attribute("data-do"));
        let command = command.and_then(|name| Command::named(&name));
        command.inspect(|command| self.run(*command, message)).is_some()
    }

    /// Adds the user's reaction to a message, or removes it if it is there.
    pub fn toggle(self, message: &Message, emoji: Emoji) {
        let on = !self.has_reacted(message, emoji.as_str());
        let focused = document().active_element().and_then(|it| it.closest(".message__reactions").ok().flatten());
        if !on && focused.is_some() {
            // The last user's reaction disappears, and the focus would be lost with it.
            focus_row(message.id);
        }
        self.actions.react(message, emoji, on);
    }

    /// Gives a command, if it is allowed.
    pub fn run(self, command: Command, message: &Message) {
        if !self.allows(command, message) {
            return;
        }
        match command {
            Command::Reply => {
                self.open.set(None);
                self.actions.reply_to(message.clone());
                focus_composer();
            }
            Command::Edit => {
                self.open.set(None);
                self.actions.start_edit(message.clone());
                focus_composer();
            }
            Command::CopyText => self.copy(&message.body),
            Command::CopyLink => {
                let origin = window().location().origin().unwrap_or_default();
                self.copy(&format!("{origin}{}", paths::link_to(self.conversation, &message.reference())));
            }
            Command::Emoji => self.show(Layer::Emoji, message),
            Command::Delete => self.show(Layer::Delete, message),
            // The button closes the menu that it has opened.
            Command::Menu if self.open.get_untracked().is_some() => self.close(),
            Command::Menu => self.show(Layer::Menu, message),
        }
    }

    /// Deletes the message whose layer is open: the user has confirmed it.
    pub fn confirm_delete(self) {
        let opened = self.open.get_untracked();
        self.close();
        if let Some((_, message)) = opened {
            self.actions.delete(&message);
        }
    }

    /// Closes the layer, and returns the focus that it had.
    pub fn close(self) {
        if let Some((_, message)) = self.open.get_untracked() {
            self.open.set(None);
            let from_composer = self.from_composer.get_value();
            // Nothing outside a modal dialog can have the focus until it is gone.
            request_animation_frame(move || if from_composer { focus_composer() } else { focus_row(message.id) });
        }
    }

    /// Closes the layer, whose code could not be loaded.
    pub fn fail(self) {
        self.close();
        self.show_note(Note::LayerMissing);
    }

    fn show(self, layer: Layer, message: &Message) {
        // One layer may open another: the focus returns to where it was before the first.
        if self.open.get_untracked().is_none() {
            let focused = document().active_element();
            self.from_composer.set_value(focused.is_some_and(|it| it.class_list().contains("composer__field")));
        }
        self.open.set(Some((layer, message.clone())));
    }

    fn copy(self, text: &str) {
        self.close();
        let tell = move |is_copied| self.show_note(if is_copied { Note::Copied } else { Note::NotCopied });
        copy(text, tell);
    }

    fn show_note(self, note: Note) {
        self.note.try_set(Some(note));
        let hide = move || {
            self.note.try_set(None);
        };
        set_timeout(hide, NOTE_SHOWN);
    }

    /// Returns the message that a row shows.
    pub fn message_in(self, row: &Element) -> Option<Message> {
        self.message(id_of(row)?)
    }

    fn message(self, id: message::Id) -> Option<Message> {
        self.messages.with_untracked(|all| all.iter().find(|message| message.id == id).cloned())
    }
}

/// Focuses the row of a message.
fn focus_row(id: message::Id) {
    focus(&format!("#m-{id}"));
}

/// Returns the id of the message that a row shows.
pub(super) fn id_of(row: &Element) -> Option<message::Id> {
    row.id().strip_prefix("m-")?.parse().ok()
}

/// Returns the element of an event or the nearest one around it that matches `selector`.
pub(super) fn closest(event: &Event, selector: &str) -> Option<HtmlElement> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()??.dyn_into().ok()
}
