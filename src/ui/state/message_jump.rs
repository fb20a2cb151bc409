//! Jump from a quote to the quoted message, and back.

use leptos::prelude::*;
use leptos::web_sys::{HtmlElement, MouseEvent, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::domain::paths;
use crate::ui::state::focus::focus;
use crate::ui::state::location::replace_address;
use crate::ui::state::message_menu::{MessageMenu, closest};
use crate::ui::state::reactive::effect;
use crate::ui::state::scroller::Scroller;

/// The jumps from which the user can go back.
#[derive(Clone, Copy)]
pub struct Jumps {
    scroller: Scroller,
    made: StoredValue<Vec<Jump>>,
}

#[derive(Debug, Clone)]
struct Jump {
    /// Fragment of the address before the jump.
    hash: String,
    /// Id of the row with the quote.
    row: String,
    /// Distance of that row from the top of the window, in pixels.
    top_px: f64,
}

impl Jumps {
    /// Starts without a jump, and follows the browser's Back from hydration on.
    pub fn start(scroller: Scroller) -> Self {
        let jumps = Self { scroller, made: StoredValue::new(Vec::new()) };
        effect(move || {
            let back = window_event_listener(leptos::ev::popstate, move |_| jumps.return_if_back());
            on_cleanup(move || back.remove());
        });
        jumps
    }

    /// Handles a click on the messages. A quote leads to its message: in place if that is loaded, and otherwise as the
    /// link that it is, from which the browser's Back returns to the answer.
    pub fn on_click(self, event: &MouseEvent, menu: MessageMenu) {
        let is_plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key());
        if let Some(quote) = closest(event, ".message__quote").filter(|_| is_plain)
            && let Some(row) = closest(event, ".message[id]")
            && let Some((_, id)) = quote.get_attribute("href").as_deref().and_then(|href| href.split_once('#'))
        {
            if document().get_element_by_id(id).is_some() {
                event.prevent_default();
                self.jump(&row, id);
            } else if let Some(answer) = menu.message_in(&row) {
                replace_address(&paths::link_to(menu.conversation, &answer.reference()));
            }
        }
    }

    fn jump(self, row: &HtmlElement, id: &str) {
        let location = window().location();
        let hash = location.hash().unwrap_or_default();
        if hash.strip_prefix('#') != Some(id) {
            let top_px = row.get_bounding_client_rect().top();
            self.made.update_value(|made| made.push(Jump { hash, row: row.id(), top_px }));
            // The browser adds an entry to its history, and makes the message the target of the style.
            let _ = location.set_hash(id);
        }
        focus(&format!("#{id}"));
        if let Some(target) = document().get_element_by_id(id) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            target.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// Returns to the quote of the last jump if the address is again the one from before it.
    fn return_if_back(self) {
        let hash = window().location().hash().unwrap_or_default();
        let back = |made: &mut Vec<Jump>| made.pop_if(|jump| jump.hash == hash);
        if let Some(Some(jump)) = self.made.try_update_value(back) {
            // After the browser has scrolled to the fragment, if there was one.
            request_animation_frame(move || {
                focus(&format!("#{} .message__quote", jump.row));
                self.scroller.put(&jump.row, jump.top_px);
            });
        }
    }
}
