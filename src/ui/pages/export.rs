//! `/settings/export`: the user's data as a file.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::settings_card::SettingsCard;
use crate::ui::state::refused_form::use_refused_form;

/// Button that downloads the user's data. A plain form also with WASM: the browser itself saves the answer as a file.
#[component]
pub fn ExportPage() -> impl IntoView {
    let error = use_refused_form().get_value().and_then(|refused| refused.error);
    view! {
        <Title text="Download your data · Cruddur"/>
        <SettingsCard heading="Download your data">
            {error.map(|error| view! { <ErrorNote error/> })}
            <p>
                "A ZIP file with your profile, your settings, your sessions, the people you have blocked, and your \
                conversations: the texts as they are now, the earlier texts of edited messages, and the reactions. Each \
                conversation is there as a page to read and as JSON."
            </p>
            <form method="post" action="/settings/export">
                <PageUserField/>
                <button class="button button--primary" type="submit">"Download"</button>
            </form>
            <p class="card__other"><a href="/settings">"Back to settings"</a></p>
        </SettingsCard>
    }
}
