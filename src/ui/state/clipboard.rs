//! The clipboard. Runs in the browser only.

use leptos::prelude::*;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Function, Reflect};

/// Copies a text, and then sets `is_copied`. Without a clipboard nothing happens, and the text can still be selected.
pub fn copy(text: &str, is_copied: RwSignal<bool>) {
    let navigator = window().navigator();
    let done = Closure::once_into_js(move |_: JsValue| {
        is_copied.try_set(true);
    });
    // A page that came over plain HTTP has no clipboard.
    let written = Reflect::get(&navigator, &"clipboard".into())
        .and_then(|clipboard| method(&clipboard, "writeText")?.call1(&clipboard, &text.into()));
    let _ = written.and_then(|promise| method(&promise, "then")?.call1(&promise, &done));
}

fn method(object: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into()
}
