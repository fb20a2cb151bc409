//! Note in place of the composer of a conversation that is closed.

use leptos::prelude::*;

use crate::domain::refused_form::RefusedForm;
use crate::ui::components::left_drafts::ClosedDrafts;
use crate::ui::components::message_text::MessageText;
use crate::ui::state::{ComposeTarget, Drafts};

/// Note in place of the composer: the peer has been deleted. Shows the text of a refused form, and what the user has
/// written here before.
#[component]
pub fn ClosedNote(refused: Option<RefusedForm>, drafts: Drafts, target: ComposeTarget) -> impl IntoView {
    let text = refused.and_then(|refused| refused.fields.get("body").cloned());
    view! {
        <div class="thread__closed">
            <p>"This user has been deleted. You can read the conversation, but not reply."</p>
            <ClosedDrafts drafts target/>
            {text.map(|text| view! { <p>"Your message was not sent:"</p> <MessageText body=text/> })}
        </div>
    }
}
