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

/// Keeps the focus on the reaction that has it, if the current effect draws the reactions of its message again: Leptos
/// would leave it at the same place, where another emoji may be then. Without that reaction the message gets the focus.
/// Does nothing on the server.
pub fn keep_reaction_focus() {
    if !cfg!(target_arch = "wasm32") {
        return;
    }
    let focused = document().active_element().filter(|it| it.class_list().contains("chip"));
    let chip = |it: Element| Some((it.get_attribute("data-react")?, it.closest("li").ok()??));
    let Some((emoji, message)) = focused.and_then(chip) else { return };
    queue_microtask(move || {
        let is_same = |it: &Element| it.get_attribute("data-react").as_deref() == Some(&*emoji);
        let chips = message.query_selector_all(".chip").ok();
        let mut chips = chips.iter().flat_map(|all| (0..all.length()).filter_map(|at| all.get(at)?.dyn_into().ok()));
        focus_element(&chips.find(is_same).unwrap_or(message));
    });
}

/// Focuses the first element that matches `selector`, if the current effect takes away the element that has the focus.
/// Does nothing on the server.
pub fn focus_if_removed(selector: &'static str) {
    let focused = cfg!(target_arch = "wasm32").then(|| document().active_element()).flatten();
    if let Some(focused) = focused {
        queue_microtask(move || {
            if !focused.is_connected() && focus_is_lost() {
                focus(selector);
            }
        });
    }
}

/// Returns true if no element has the focus, or only the heading of a page.
pub fn focus_is_free() -> bool {
    focus_is_lost() || document().active_element().is_some_and(|it| it.class_list().contains("heading"))
}

fn focus_is_lost() -> bool {
    document().active_element().is_none_or(|it| it.tag_name() == "BODY")
}
