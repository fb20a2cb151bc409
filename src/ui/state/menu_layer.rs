//! A menu above the page: it opens beside its message, takes the focus, and closes when it is left.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::domain::message;
use crate::ui::state::message_menu::{MessageMenu, closest};
use crate::ui::state::reactive::effect;

/// Space, in pixels, between the menu and its message or the edge of the window.
const MARGIN_PX: f64 = 8.0;

/// Selector of the entries of a menu.
const ITEMS: &str = "[role^=menuitem]";

/// Shows a layer once it is drawn, and focuses its first entry. A press outside of it closes it.
pub fn show_when_drawn(node: NodeRef<Div>, menu: MessageMenu, place: impl Fn(&HtmlElement) + 'static) {
    effect(move || {
        let Some(layer) = node.get() else { return };
        let _ = layer.show_popover();
        place(&layer);
        if let Some(item) = items(&layer).first() {
            let _ = item.focus();
        }
    });
    effect(move || {
        let outside = window_event_listener(leptos::ev::pointerdown, move |event| {
            // The button of the menu closes it itself.
            if closest(&event, "[popover], .message__options").is_none() {
                menu.close();
            }
        });
        on_cleanup(move || outside.remove());
    });
}

/// Places a layer beside the bar of a message, or else beside its text, inside the window. On a narrow screen the style
/// puts it at the bottom instead.
pub fn place(layer: &HtmlElement, id: message::Id) {
    let Some(row) = document().get_element_by_id(&format!("m-{id}")) else { return };
    let part = |selector| row.query_selector(selector).ok().flatten();
    let size = |element: &Element| element.get_bounding_client_rect();
    let is_shown = |element: &Element| size(element).width() > 1.0;
    let Some(beside) = part(".message__options").filter(is_shown).or_else(|| part(".message__body")) else { return };
    let length =
        |length: Result<leptos::wasm_bindgen::JsValue, _>| length.ok().and_then(|it| it.as_f64()).unwrap_or(0.0);
    let (width, height) = (length(window().inner_width()), length(window().inner_height()));
    let (at, own) = (size(&beside), size(layer));
    let below = at.bottom() + MARGIN_PX;
    let fits_below = below + own.height() + MARGIN_PX <= height;
    let y = if fits_below { below } else { (at.top() - own.height() - MARGIN_PX).max(MARGIN_PX) };
    let x = (at.right() - own.width()).clamp(MARGIN_PX, (width - own.width() - MARGIN_PX).max(MARGIN_PX));
    let style = layer.style();
    let _ = style.set_property("--menu-x", &format!("{x}px"));
    let _ = style.set_property("--menu-y", &format!("{y}px"));
}

/// Handles the keys of a menu.
pub fn handle_menu_key(event: &KeyboardEvent, menu: MessageMenu) {
    let Some(layer) = closest(event, "[popover]") else { return };
    let all = items(&layer);
    let count = all.len().max(1);
    let focused = document().active_element();
    let now = all.iter().position(|item| Some(item.as_ref()) == focused.as_ref()).unwrap_or(0);
    let next = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => now + 1,
        "ArrowUp" | "ArrowLeft" => now + count - 1,
        "Home" => 0,
        "End" => count - 1,
        "Escape" | "Tab" => {
            event.prevent_default();
            return menu.close();
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(item) = all.get(next % count) {
        let _ = item.focus();
    }
}

fn items(layer: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(items) = layer.query_selector_all(ITEMS) else { return Vec::new() };
    (0..items.length()).filter_map(|n| items.item(n)?.dyn_into().ok()).collect()
}
