//! Form with another text for a message, on the message's page.

use leptos::ev::SubmitEvent;
use leptos::html::Textarea;
use leptos::prelude::*;

use crate::domain::markup::textarea_content;
use crate::ui::components::form::PageUserField;
use crate::ui::components::message_text::MessageText;
use crate::ui::components::show::Show;
use crate::ui::state::message_page::{MessagePage, Typed, text_of};
use crate::ui::state::reactive::effect;

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
    let path = StoredValue::new(path);
    let field = NodeRef::<Textarea>::new();
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            page.edit(field.value());
        }
    };
    let (id, stored) = page.view.with_untracked(|view| (view.message.id, view.message.body.clone()));
    let text = text.unwrap_or_else(|| stored.clone());
    let (first, stored) = (StoredValue::new(text.clone()), StoredValue::new(stored));
    // Restores what was typed before a reload, or before the user left the page.
    effect(move || {
        if let (Some((edits, text)), Some(field)) = (page.kept_edit().read(), field.get()) {
            field.set_value(&text);
            // Of an earlier text: the server refuses the form once, and the user sees what is newer.
            page.edits.set(edits);
            typed.set(Some((id, text)));
        }
    });
    let on_input = move |event| {
        let text = event_target_value(&event);
        match text == *stored.read_value() {
            true => page.kept_edit().forget(),
            false => page.kept_edit().keep(page.edits.get_untracked(), &text),
        }
        typed.set(Some((id, text)));
    };
    let lost = move || {
        let text = text_of(typed, id).unwrap_or_else(|| first.get_value());
        (text != stored.get_value()).then(|| view! { <LostText body=text/> })
    };
    view! {
        <Show
            when=move || !page.view.read().message.is_deleted()
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
