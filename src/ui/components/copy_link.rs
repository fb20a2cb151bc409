//! Link to a message, for copying.

use leptos::prelude::*;

use crate::ui::components::show::Show;
use crate::ui::state::clipboard::copy;
use crate::ui::state::hydrated::use_hydrated;

/// Link to the message, and with WASM a button that copies it.
#[component]
pub fn CopyLink(link: String) -> impl IntoView {
    let (hydrated, note) = (use_hydrated(), RwSignal::new(""));
    let tell = move |is_copied| {
        note.try_set(if is_copied { "Link copied" } else { "The link couldn't be copied." });
    };
    let path = StoredValue::new(link.clone());
    let copy_link = move |_| {
        let origin = window().location().origin().unwrap_or_default();
        copy(&format!("{origin}{}", path.get_value()), tell);
    };
    view! {
        <a class="button" href=link>"Link to this message"</a>
        <Show when=move || hydrated.get()>
            <button class="button" type="button" on:click=copy_link>"Copy link"</button>
        </Show>
        <span role="status" translate="no">{note}</span>
    }
}
