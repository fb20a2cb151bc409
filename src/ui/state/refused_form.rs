//! The form that the server refused just before it rendered this page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::domain::refused_form::RefusedForm;
use crate::ui::state::page_resource::Json;

/// Returns the form that the server refused just before it rendered this page. The browser takes the value over from
/// the server during hydration, and drops it when it leaves for another address. Each page calls this once, before
/// anything asynchronous: server and browser must call it in the same order.
pub fn use_refused_form() -> StoredValue<Option<RefusedForm>> {
    let refused = SharedValue::<_, Json>::new_with_encoding(use_context::<RefusedForm>);
    let refused = StoredValue::new(refused.into_inner());
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
