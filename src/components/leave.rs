//! Going to another page when something has been done.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// A signal that takes a path, and goes there. What the router itself gives for this must stay on one thread; an action
/// that kept it would bring down the server, which drops a page's actions on whichever thread is free.
pub fn go_when_told() -> RwSignal<Option<String>> {
    let (told, navigate) = (RwSignal::new(None::<String>), use_navigate());
    Effect::new(move |_| {
        if let Some(path) = told.get() {
            navigate(&path, Default::default());
        }
    });
    told
}
