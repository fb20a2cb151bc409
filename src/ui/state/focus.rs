//! Keyboard focus of the page. Runs only in the browser.

use leptos::prelude::{document, queue_microtask};
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, FocusOptions, HtmlElement};

/// Focuses the first element that matches `selector`, if there is one.
pub fn focus(selector: &str) {
    if let Ok(Some(element)) = document().query_selector(selector) {
        focus_element(&element);
    }
}

/// Focuses an element.
pub fn focus_element(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Focuses the field of the composer.
pub fn focus_composer() {
    focus(".composer__field");
}

/// Gives the focus back to the element that has it now, if it loses the focus while the current effect draws. To add
/// elements before others, Leptos moves the others in the document, and an element that is moved loses the focus. Does
/// nothing on the server, which draws lists, too.
pub fn keep_focus() {
    if !cfg!(target_arch = "wasm32") {
        return;
    }
    let focused = document().active_element().and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let Some(focused) = focused else { return };
    queue_microtask(move || {
        if focused.is_connected() && focus_is_lost() {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = focused.focus_with_options(&options);
        }
    });
}

/// Returns true if no element has the focus, or only the heading of a page.
pub fn focus_is_free() -> bool {
    focus_is_lost() || document().active_element().is_some_and(|it| it.class_list().contains("heading"))
}

fn focus_is_lost() -> bool {
    document().active_element().is_none_or(|it| it.tag_name() == "BODY")
}
