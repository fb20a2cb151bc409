//! Disclosures (`<details>`) that close automatically.

use leptos::html::Details;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Event, Node};

/// Closes the disclosure on Escape, which returns the focus to its summary, and on a click outside. Needs WASM.
pub fn close_when_left(menu: NodeRef<Details>) {
    Effect::new(move |_| {
        let escape = window_event_listener(leptos::ev::keydown, move |event| {
            if let (Some(menu), "Escape") = (menu.get_untracked(), event.key().as_str())
                && menu.open()
            {
                menu.set_open(false);
                if let Ok(Some(summary)) = menu.query_selector("summary") {
                    let _ = summary.unchecked_into::<leptos::web_sys::HtmlElement>().focus();
                }
            }
        });
        let outside = window_event_listener(leptos::ev::click, move |event| close_unless_inside(menu, &event));
        on_cleanup(move || {
            escape.remove();
            outside.remove();
        });
    });
}

fn close_unless_inside(menu: NodeRef<Details>, event: &Event) {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    if let Some(menu) = menu.get_untracked()
        && !menu.contains(target.as_ref())
    {
        menu.set_open(false);
    }
}
