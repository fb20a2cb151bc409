//! Going to another page because of an answer.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Where to go on; the page changes as soon as this is set. An action sets it rather than going itself: what the action
/// still has to do belongs to the page, and on the server an action may move between threads, which the router may not.
pub fn way_on() -> RwSignal<Option<String>> {
    let way = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(path) = way.get() {
            navigate(&path, Default::default());
        }
    });
    way
}
