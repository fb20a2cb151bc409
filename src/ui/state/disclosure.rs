//! Disclosures (`<details>`) that close automatically.

use leptos::html::Details;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Event, HtmlDetailsElement, HtmlElement, Node};

use crate::ui::state::reactive::effect;

/// Closes the disclosure on Escape, which returns the focus to its summary, and on a click outside. Needs WASM.
pub fn close_when_left(menu: NodeRef<Details>) {
    effect(move || {
        let escape = window_event_listener(leptos::ev::keydown, move |event| {
            if let (Some(menu), "Escape") = (menu.get_untracked(), event.key().as_str())
                && menu.open()
                && !(event.is_composing() || event.default_prevented() || is_dialog_open())
            {
                close(&menu);
            }
        });
        let outside = window_event_listener(leptos::ev::click, move |event| close_unless_inside(menu, &event));
        on_cleanup(move || {
            escape.remove();
            outside.remove();
        });
    });
}

/// Closes a disclosure, and returns the focus to its summary: the focused element inside disappears.
pub fn close(menu: &HtmlDetailsElement) {
    menu.set_open(false);
    if let Ok(Some(summary)) = menu.query_selector("summary") {
        let _ = summary.unchecked_into::<HtmlElement>().focus();
    }
}

/// A dialog above the disclosure takes the keys.
fn is_dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

fn close_unless_inside(menu: NodeRef<Details>, event: &Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    if let Some(menu) = menu.get_untracked()
        && !menu.contains(target.as_ref())
    {
        menu.set_open(false);
    }
}
