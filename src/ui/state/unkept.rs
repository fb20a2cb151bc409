//! Question before leaving a page that alone has some of the user's texts.

use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;

use crate::ui::state::reactive::effect;

/// Lets the browser ask before the user leaves the page, as long as `unkept` is true. Without a reason, no listener is
/// there: it would keep the browser from going back to the page without loading it again.
pub fn ask_before_leaving(unkept: Signal<bool>) {
    effect(move || {
        if unkept.get() {
            let listener = window_event_listener_untyped("beforeunload", |event| event.prevent_default());
            on_cleanup(move || listener.remove());
        }
    });
}
