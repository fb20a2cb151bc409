//! The form that the server refused just before it rendered this page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::refused_form::Refused;

/// What the server refused just before it rendered this page; the browser reads the server's answer when it takes
/// the page over, and forgets it when it leaves for another address. Each page asks once, before anything
/// asynchronous, so that both sides ask in the same order.
pub fn refused_of_page() -> StoredValue<Option<Refused>> {
    let refused = StoredValue::new(SharedValue::new(use_context::<Refused>).into_inner());
    let pathname = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = pathname.get();
        if before.is_some_and(|before| before != now) {
            refused.set_value(None);
        }
        now
    });
    refused
}
