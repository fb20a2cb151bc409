//! Pointer and focus on the messages: the message that shows its bar, and the long press that opens the menu.

use std::time::Duration;

use leptos::prelude::*;
use leptos::web_sys::{Element, Event, FocusEvent, MouseEvent, PointerEvent};

use crate::ui::state::message_command::Command;
use crate::ui::state::message_menu::{MessageMenu, closest, id_of};

/// Time for which a finger rests on a message until the menu opens.
const LONG_PRESS: Duration = Duration::from_millis(450);

/// Distance, in pixels, by which a resting finger may move.
const REST_PX: i32 = 10;

/// A finger that may rest on a message.
#[derive(Clone, Copy)]
pub struct LongPress {
    menu: MessageMenu,
    press: StoredValue<Press>,
}

/// The last press of a finger.
#[derive(Clone, Copy, Default)]
struct Press {
    /// Number of presses so far.
    number: u32,
    /// Position of the finger, as long as it is down.
    at: Option<(i32, i32)>,
    /// True if this press has opened the menu, until the finger is lifted.
    has_opened: bool,
}

impl LongPress {
    /// Starts without a finger.
    pub fn new(menu: MessageMenu) -> Self {
        Self { menu, press: StoredValue::default() }
    }

    /// Waits whether a finger that has come down rests on a message.
    pub fn start(self, event: &PointerEvent) {
        let row = closest(event, ".message[id]").filter(|_| !has_other_meaning(event));
        let Some(row) = row.filter(|_| event.pointer_type() == "touch" && event.is_primary()) else { return };
        let number = self.press.get_value().number + 1;
        let at = Some((event.client_x(), event.client_y()));
        self.press.set_value(Press { number, at, has_opened: false });
        let id = row.id();
        let open = move || {
            let still_rests = self.press.try_get_value().is_some_and(|now| now.number == number && now.at.is_some());
            let row = document().get_element_by_id(&id).filter(|_| still_rests);
            if let Some(message) = row.and_then(|row| self.menu.message_in(&row)) {
                self.press.update_value(|press| press.has_opened = true);
                self.menu.run(Command::Menu, &message);
            }
        };
        set_timeout(open, LONG_PRESS);
    }

    /// Ends the press if the finger has moved too far for it to rest.
    pub fn on_move(self, event: &PointerEvent) {
        if let Some((x, y)) = self.press.get_value().at
            && (event.client_x() - x).abs().max((event.client_y() - y).abs()) > REST_PX
        {
            self.end();
        }
    }

    /// Ends the press: the finger has left, or scrolls.
    pub fn end(self) {
        self.press.update_value(|press| press.at = None);
    }

    /// Keeps the browser from making a click of a press that has opened the menu: it would press the button that has
    /// come up under the finger.
    pub fn on_touch_end(self, event: &Event) {
        if self.press.try_update_value(|press| std::mem::take(&mut press.has_opened)) == Some(true) {
            event.prevent_default();
        }
    }

    /// Keeps the browser from opening its own menu under a finger that opens ours.
    pub fn on_context_menu(self, event: &Event) {
        if self.press.get_value().at.is_some() {
            event.prevent_default();
        }
    }
}

/// Returns whether a finger that rests here means something else: on a link it opens the menu of the browser, unless
/// the message has no other text, on which it could rest.
fn has_other_meaning(event: &PointerEvent) -> bool {
    let Some(link) = closest(event, "a, button, summary") else { return false };
    let text = link.closest(".message__text").ok().flatten();
    let length = |element: &Element| element.text_content().unwrap_or_default().trim().len();
    text.is_none_or(|text| length(&text) > length(&link))
}

impl MessageMenu {
    /// Gives the bar to the message under the mouse.
    pub fn on_pointer_over(self, event: &PointerEvent) {
        // The bar that has the focus would disappear with it.
        if event.pointer_type() == "mouse" && focused(".message__bar").is_none() {
            self.activate(closest(event, ".message[id]").as_deref());
        }
    }

    /// Gives the bar back to the message that has the focus: the mouse has left the messages.
    pub fn on_pointer_leave(self) {
        self.activate(focused(".message[id]").as_ref());
    }

    /// Gives the bar to the message that gets the focus.
    pub fn on_focus_in(self, event: &FocusEvent) {
        self.activate(closest(event, ".message[id]").as_deref());
    }

    /// Leaves the focus where it is when a button is pressed with the mouse, so that the user can write on.
    pub fn on_mouse_down(self, event: &MouseEvent) {
        if closest(event, "[data-do], [data-react]").is_some() {
            event.prevent_default();
        }
    }

    fn activate(self, row: Option<&Element>) {
        let id = row.and_then(id_of);
        if self.active.get_untracked() != id {
            self.active.set(id);
        }
    }
}

fn focused(selector: &str) -> Option<Element> {
    document().active_element()?.closest(selector).ok().flatten()
}
