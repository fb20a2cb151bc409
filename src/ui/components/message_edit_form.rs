//! Form with another text for a message, on the message's page.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::domain::markup::textarea_content;
use crate::ui::components::form::PageUserField;
use crate::ui::components::message_text::MessageText;
use crate::ui::components::not_kept::NotKept;
use crate::ui::components::show::Show;
use crate::ui::state::focus::focus_if_removed;
use crate::ui::state::message_page::{MessagePage, Typed, text_of};

/// Form with another text for the message. `text`: what was typed before, or the text of a form that the server has
/// just refused.
#[component]
pub fn EditForm(
    page: MessagePage,
    /// Path of the page, to which the form is posted without script.
    path: String,
    text: Option<String>,
    typed: RwSignal<Typed>,
) -> impl IntoView {
    let (path, kept) = (StoredValue::new(path), page.kept);
    let field = kept.field;
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            page.edit(field.value());
        }
    };
    let (id, stored) = page.view.with_untracked(|view| (view.message.id, view.message.body.clone()));
    let text = text.unwrap_or_else(|| stored.clone());
    let (first, stored) = (StoredValue::new(text.clone()), StoredValue::new(stored));
    // The kept text, typed before a reload or before the user left the page, may be based on an earlier text: the
    // server then refuses the form once, and the user sees what is newer.
    kept.start(text.clone(), page.edits, move |text| typed.set(Some((id, text))));
    let on_input = move |event| {
        let text = event_target_value(&event);
        match text.trim().is_empty() || text == *stored.read_value() {
            true => kept.forget(),
            false => kept.keep(page.edits.get_untracked()),
        }
        typed.set(Some((id, text)));
    };
    let lost = move || {
        let text = text_of(typed, id).unwrap_or_else(|| first.get_value());
        (text != stored.get_value()).then(|| view! { <LostText body=text/> })
    };
    view! {
        <Show
            when=move || {
                focus_if_removed("#heading");
                !page.view.read().message.is_deleted()
            }
            fallback=lost
        >
            <form class="message-page__part" method="post" action=path.get_value() autocomplete="off" on:submit=save>
                <PageUserField/>
                <h2 class="message-page__heading"><label for="body">"Edit message"</label></h2>
                <input type="hidden" name="edits" value=move || page.edits.get()/>
                <textarea
                    class="field__input"
                    id="body"
                    name="body"
                    rows="4"
                    dir="auto"
                    required
                    on:input=on_input
                    aria-invalid=move || page.error.read().as_ref().and_then(|error| error.field("body")).map(|_| "true")
                    node_ref=field
                    // Leptos 0.8 would not escape a text given as a child.
                    inner_html=textarea_content(&text)
                ></textarea>
                <Show when=move || kept.is_unkept.get()><NotKept/></Show>
                <div class="message-page__ways"><button class="button button--primary">"Save"</button></div>
            </form>
        </Show>
    }
}

/// Text that can no longer be saved, for copying.
#[component]
pub fn LostText(body: String) -> impl IntoView {
    view! { <div class="message-page__part"><p>"Your text was not saved:"</p> <MessageText body/></div> }
}
