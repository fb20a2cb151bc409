//! The clipboard. Runs in the browser only.

use leptos::prelude::*;
use leptos::wasm_bindgen::closure::Closure;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::{Function, Reflect};

/// Copies a text, and then calls `tell`, with false if the browser has no clipboard for this page or refuses it. The
/// text can still be selected then.
pub fn copy(text: &str, tell: impl Fn(bool) + Copy + 'static) {
    let navigator = window().navigator();
    let call = |is_copied| Closure::once_into_js(move |_: JsValue| tell(is_copied));
    // A page that came over plain HTTP has no clipboard.
    let written = Reflect::get(&navigator, &"clipboard".into())
        .and_then(|clipboard| method(&clipboard, "writeText")?.call1(&clipboard, &text.into()))
        .and_then(|promise| method(&promise, "then")?.call2(&promise, &call(true), &call(false)));
    if written.is_err() {
        tell(false);
    }
}

fn method(object: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into()
}
