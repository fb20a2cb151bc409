//! End of hydration.

use leptos::prelude::*;

use crate::ui::state::reactive::effect;

/// Returns a signal that is true once the page is hydrated. On the server and in the first rendering of the browser it
/// is false: what needs WASM to work is drawn later.
pub fn use_hydrated() -> ReadSignal<bool> {
    let (hydrated, set_hydrated) = signal(false);
    effect(move || set_hydrated.set(true));
    hydrated
}
