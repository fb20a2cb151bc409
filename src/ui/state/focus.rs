//! Keyboard focus of the page. Runs only in the browser.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

/// Focuses the first element that matches `selector`, if there is one.
pub fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Focuses the field of the composer.
pub fn focus_composer() {
    focus(".composer__field");
}

/// Returns true if no element has the focus, or only the heading of a page.
pub fn focus_is_free() -> bool {
    document().active_element().is_none_or(|it| it.tag_name() == "BODY" || it.class_list().contains("heading"))
}
