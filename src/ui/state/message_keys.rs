//! Keys of the messages. The arrow keys move the focus from message to message, and other keys give commands for the
//! one that has it.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::ui::state::message_command::Command;
use crate::ui::state::message_menu::{MessageMenu, closest};
use crate::ui::state::scroller::Scroller;
use crate::ui::state::shortcuts::Shortcuts;

/// Handler of the keys.
#[derive(Clone, Copy)]
pub struct MessageKeys {
    menu: MessageMenu,
    scroller: Scroller,
    shortcuts: Option<Shortcuts>,
}

impl MessageKeys {
    /// Creates the handler for the messages in `scroller`.
    pub fn new(menu: MessageMenu, scroller: Scroller) -> Self {
        Self { menu, scroller, shortcuts: use_context() }
    }

    /// Handles a key that was pressed while the messages, or something in them, had the focus.
    pub fn handle(self, event: &KeyboardEvent) {
        let is_modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        let Some(scroller) = self.scroller.node.get_untracked().filter(|_| !is_modified) else { return };
        if event.default_prevented() || event.is_composing() {
            return;
        }
        let selected = closest(event, ".message[id]");
        let is_used = match (event.key().as_str(), &selected) {
            ("ArrowUp", _) => move_focus(&scroller, selected.as_ref(), Move::Up),
            ("ArrowDown", _) => move_focus(&scroller, selected.as_ref(), Move::Down),
            ("Home", Some(_)) => move_focus(&scroller, None, Move::First),
            ("End", Some(_)) => move_focus(&scroller, None, Move::Last),
            ("Escape", Some(_)) => scroller.focus().is_ok(),
            (key, Some(row)) => self.give(event, key, row),
            _ => false,
        };
        if is_used {
            event.prevent_default();
        }
    }

    /// Gives the command of a key for a message. Returns false if the key has none.
    fn give(self, event: &KeyboardEvent, key: &str, row: &HtmlElement) -> bool {
        // A click focuses a message, too, but does not show that it is selected: its keys would surprise.
        let is_selected = row.matches(":focus-visible").unwrap_or(false)
            || matches!(row.query_selector(":focus-visible"), Ok(Some(_)));
        let on_row = event.target().as_ref().and_then(|target| target.dyn_ref::<Element>()) == Some(row.as_ref());
        let command = match key {
            "Delete" => Command::Delete,
            // Elements in the message have a meaning of their own for Enter.
            "Enter" if on_row => Command::Menu,
            _ if !self.uses_single_keys() => return false,
            "r" | "R" => Command::Reply,
            "e" | "E" => Command::Edit,
            "c" | "C" => Command::CopyLink,
            "+" => Command::Emoji,
            _ => return false,
        };
        let message = self.menu.message_in(row).filter(|_| is_selected);
        message.inspect(|message| self.menu.run(command, message)).is_some()
    }

    fn uses_single_keys(self) -> bool {
        self.shortcuts.is_none_or(|shortcuts| shortcuts.single_keys.get_untracked())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Up,
    Down,
    First,
    Last,
}

/// Moves the focus to another message. Without a selected one, up begins at the last message in view, and down at the
/// first. Returns false if there is no message.
fn move_focus(scroller: &HtmlElement, selected: Option<&HtmlElement>, to: Move) -> bool {
    let Ok(rows) = scroller.query_selector_all(".message[id]") else { return false };
    let rows: Vec<HtmlElement> = (0..rows.length()).filter_map(|n| rows.item(n)?.dyn_into().ok()).collect();
    let now = selected.and_then(|selected| rows.iter().position(|row| row == selected));
    let view = scroller.get_bounding_client_rect();
    let in_view = |row: &HtmlElement| {
        let row = row.get_bounding_client_rect();
        row.bottom() > view.top() && row.top() < view.bottom()
    };
    let next = match (to, now) {
        (Move::First, _) => rows.first(),
        (Move::Last, _) => rows.last(),
        (Move::Up, Some(now)) => rows.get(now.saturating_sub(1)),
        (Move::Down, Some(now)) => rows.get(now + 1),
        (Move::Up, None) => rows.iter().rev().find(|row| in_view(row)),
        (Move::Down, None) => rows.iter().find(|row| in_view(row)),
    };
    if let Some(next) = next {
        // One message is a stop of the Tab key: the one that was selected last.
        for row in &rows {
            row.set_tab_index(-1);
        }
        next.set_tab_index(0);
        let _ = next.focus();
    }
    !rows.is_empty()
}
