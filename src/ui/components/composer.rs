//! Message composer.

use leptos::prelude::*;
use leptos::web_sys::{KeyboardEvent, SubmitEvent};

use crate::domain::markup::textarea_content;
use crate::domain::message;
use crate::domain::refused_form::RefusedForm;
use crate::ui::components::counter::Counter;
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::not_kept::NotKept;
use crate::ui::state::composer::{ComposerForm, ComposerWays, has_touch_keyboard, is_send_key};

/// Text field with a button that sends its text.
#[component]
pub fn Composer(
    /// URL to which the form is posted without WASM: the page's own path.
    action: String,
    /// Name and value of the hidden field that names the conversation or the recipient of the form.
    bound_to: (&'static str, String),
    /// Id of the first message sent from this page.
    next_message: message::Id,
    /// Outbox and drafts.
    ways: ComposerWays,
    /// This form, if the server has just refused it without WASM.
    refused: Option<RefusedForm>,
    /// Called on every input.
    #[prop(optional, into)]
    typing: Option<Callback<()>>,
) -> impl IntoView {
    let (name, value) = bound_to;
    let form = ComposerForm::new(next_message, (name, &value), refused, ways);
    let ComposerForm { id, field, error, .. } = form;
    let (drafts, target) = ways.kept_in;
    form.keep_draft();
    // Without script, Enter breaks the line everywhere.
    let enter_key = move || if field.hydrated.get() && !has_touch_keyboard() { "send" } else { "enter" };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    let on_keydown = move |event: KeyboardEvent| {
        if is_send_key(&event) {
            event.prevent_default();
            form.submit();
        }
    };
    view! {
        <form class="composer" method="post" action=action autocomplete="off" on:submit=on_submit>
            <input type="hidden" name=name value=value/>
            <input type="hidden" name="id" value=move || id.get().to_string()/>
            {move || error.get().map(|error| view! { <ErrorNote error/> })}
            <label class="visually-hidden" for="body">"Message"</label>
            <textarea
                class="composer__field"
                id="body"
                name="body"
                rows="1"
                dir="auto"
                enterkeyhint=enter_key
                required
                placeholder="Write a message"
                aria-describedby="composer-error composer-count"
                aria-invalid=move || field.error.read().is_some().then_some("true")
                node_ref=field.node
                on:input=move |_| { field.input(); if let Some(typing) = typing { typing.run(()) } }
                on:keydown=on_keydown
                // Leptos 0.8 would not escape a text given as a child.
                inner_html=field.text.with_untracked(|text| textarea_content(text))
            ></textarea>
            <Counter field/>
            <Show when=move || drafts.is_unkept(target)><NotKept/></Show>
            <button class="button button--primary composer__send" type="submit" disabled=move || field.hydrated.get() && !form.is_sendable()>
                "Send"
            </button>
        </form>
    }
}
