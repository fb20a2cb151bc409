//! Button that copies a text.

use leptos::prelude::*;

use crate::ui::state::clipboard::copy;

/// Button that copies a text, and says whether that succeeded.
#[component]
pub fn CopyText(text: StoredValue<String>) -> impl IntoView {
    let label = RwSignal::new("Copy");
    let tell = move |is_copied| {
        label.try_set(if is_copied { "Copied" } else { "Couldn't copy" });
    };
    let copy_text = move |_| text.with_value(|text| copy(text, tell));
    view! { <button class="button" type="button" on:click=copy_text>{label}</button> }
}
