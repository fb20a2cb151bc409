//! Note in place of the composer of a conversation that is closed.

use leptos::prelude::*;

use crate::domain::refused_form::RefusedForm;
use crate::ui::components::message_text::MessageText;

/// Note in place of the composer: the peer has been deleted. Shows the text of a refused form, which can be copied.
#[component]
pub fn ClosedNote(refused: Option<RefusedForm>) -> impl IntoView {
    let text = refused.and_then(|refused| refused.fields.get("body").cloned());
    view! {
        <div class="thread__closed">
            <p>"This user has been deleted. You can read the conversation, but not reply."</p>
            {text.map(|text| view! { <p>"Your message was not sent:"</p> <MessageText body=text/> })}
        </div>
    }
}
