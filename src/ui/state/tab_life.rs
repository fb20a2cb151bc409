//! Life of a browser tab: it is left, frozen and seen again. Runs in the browser only.

use std::time::Duration;

use leptos::leptos_dom::helpers::{set_interval_with_handle, window_event_listener_untyped};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::Event;

/// Interval of [`TabChange::Tick`]. Browsers stretch it in hidden tabs.
const TICK_INTERVAL: Duration = Duration::from_secs(2);

/// Change in the life of a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TabChange {
    /// Some time has passed.
    Tick,
    /// The tab runs again, or is visible or focused again.
    Return,
    /// The tab is frozen, or its page is left.
    Leave,
    Online,
    Offline,
}

/// Window events and their meanings.
const ON_WINDOW: [(&str, TabChange); 5] = [
    ("focus", TabChange::Return),
    ("pageshow", TabChange::Return),
    ("pagehide", TabChange::Leave),
    ("online", TabChange::Online),
    ("offline", TabChange::Offline),
];

/// Events of the document, which need not bubble to the window (Page Lifecycle).
const ON_DOCUMENT: [(&str, TabChange); 3] =
    [("visibilitychange", TabChange::Return), ("freeze", TabChange::Leave), ("resume", TabChange::Return)];

/// Calls `handle` with every change until the reactive owner is cleaned up. Call it in an effect.
pub(super) fn listen(handle: impl Fn(TabChange) + Copy + Send + Sync + 'static) {
    let ticks = set_interval_with_handle(move || handle(TabChange::Tick), TICK_INTERVAL);
    let on_window = ON_WINDOW.map(|(name, change)| window_event_listener_untyped(name, move |_| handle(change)));
    let on_document = ON_DOCUMENT.map(|(name, change)| {
        let closure = Closure::<dyn FnMut(Event)>::new(move |_| handle(change));
        let _ = document().add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        (name, closure)
    });
    let on_document = StoredValue::new_local(on_document);
    on_cleanup(move || {
        if let Ok(ticks) = ticks {
            ticks.clear();
        }
        on_window.into_iter().for_each(|listener| listener.remove());
        on_document.try_with_value(|all| {
            for (name, closure) in all {
                let _ = document().remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            }
        });
    });
}

/// Returns whether the tab is visible.
pub(super) fn is_visible() -> bool {
    !document().hidden()
}
