//! Message composer.

use leptos::prelude::*;
use leptos::web_sys::{KeyboardEvent, SubmitEvent};

use crate::domain::markup::textarea_content;
use crate::domain::message;
use crate::domain::paths;
use crate::domain::refused_form::RefusedForm;
use crate::domain::user::User;
use crate::ui::components::counter::Counter;
use crate::ui::components::emoji_completion::{EmojiButton, EmojiSuggestions};
use crate::ui::components::error_note::ErrorNote;
use crate::ui::components::form::PageUserField;
use crate::ui::components::message_item::author_name;
use crate::ui::components::not_kept::NotKept;
use crate::ui::components::reply_note::ReplyNote;
use crate::ui::components::show::{Case, Show};
use crate::ui::state::composer::{
    ComposerForm, ComposerWays, has_touch_keyboard, is_edit_key, is_leave_key, is_send_key,
};
use crate::ui::state::composing::Composing;
use crate::ui::state::emoji::completion::{EmojiCompletion, LIST_ID};
use crate::ui::state::reactive::memo;

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
    /// Note above the field.
    #[prop(optional)]
    children: Option<Children>,
    /// Members of the conversation, who are named above an answer.
    #[prop(optional)]
    members: Vec<User>,
) -> impl IntoView {
    let (name, value) = bound_to;
    let form = ComposerForm::new(next_message, (name, &value), refused, ways);
    let ComposerForm { id, field, error, mode, .. } = form;
    let composing = mode.composing;
    let is_edit = memo(move || composing.read().is_edit());
    let (drafts, target) = ways.kept_in;
    form.keep_draft();
    let emoji = EmojiCompletion::new(field);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    let on_keydown = move |event: KeyboardEvent| {
        if emoji.handle_key(&event) {
            // The suggestions have taken the key.
        } else if is_send_key(&event) {
            event.prevent_default();
            form.submit();
        } else if is_leave_key(&event) && composing.with_untracked(|it| *it != Composing::New) {
            event.prevent_default();
            form.leave_mode();
        } else if is_edit_key(&event) && form.edit_last() {
            event.prevent_default();
        }
    };
    let on_input = move |_| {
        field.input();
        emoji.input();
        if let Some(typing) = typing.filter(|_| !is_edit.get_untracked()) {
            typing.run(());
        }
    };
    view! {
        <form class="composer" method="post" action=action autocomplete="off" on:submit=on_submit>
            <PageUserField/>
            <input type="hidden" name=name value=value/>
            <input type="hidden" name="id" value=move || id.get().to_string()/>
            {move || error.get().map(|error| view! { <ErrorNote error/> })}
            {children.map(|note| note())}
            <ModeNote form members/>
            <label class="visually-hidden" for="body">"Message"</label>
            <textarea
                class="composer__field"
                id="body"
                name="body"
                rows="1"
                dir="auto"
                // Without script, Enter breaks the line everywhere.
                enterkeyhint=move || if field.hydrated.get() && !has_touch_keyboard() { "send" } else { "enter" }
                required
                placeholder="Write a message"
                aria-describedby=move || match *composing.read() {
                    Composing::New => "composer-error composer-count",
                    Composing::Reply(_) | Composing::Edit(_) | Composing::EditUnsent { .. } => {
                        "composer-mode composer-error composer-count"
                    }
                }
                aria-invalid=move || field.error.read().is_some().then_some("true")
                // A combobox only while suggestions are shown: otherwise it is a field of several lines.
                role=move || emoji.is_open().then_some("combobox")
                aria-autocomplete="list"
                aria-expanded=move || emoji.is_open().then_some("true")
                aria-controls=move || emoji.is_open().then_some(LIST_ID)
                aria-activedescendant=move || emoji.active_id()
                node_ref=field.node
                on:input=on_input
                on:blur=move |_| emoji.close()
                on:click=move |_| emoji.close()
                on:keydown=on_keydown
                // Leptos 0.8 would not escape a text given as a child.
                inner_html=field.text.with_untracked(|text| textarea_content(text))
            ></textarea>
            <EmojiSuggestions completion=emoji/>
            <Counter field/>
            <Show when=move || drafts.is_unkept(target)><NotKept/></Show>
            <EmojiButton field error/>
            <button class="button button--primary composer__send" type="submit" disabled=move || field.hydrated.get() && !form.is_sendable()>
                {move || if is_edit.get() { "Save" } else { "Send" }}
            </button>
        </form>
    }
}

/// Note above the field, while it answers or edits a message, with a button that leaves it.
#[component]
fn ModeNote(form: ComposerForm, members: Vec<User>) -> impl IntoView {
    let (mode, members) = (form.mode, StoredValue::new(members));
    let words = memo(move || match &*mode.composing.read() {
        Composing::New => None,
        Composing::Reply(_) => Some("Reply"),
        Composing::Edit(_) | Composing::EditUnsent { .. } => Some("Editing"),
    });
    // The edit goes on: the text is kept, and the server decides.
    let changed = memo(move || match (mode.edits_before()?, mode.message()?) {
        (_, message) if message.is_deleted() => Some("This message has been deleted. Copy your text to keep it."),
        (edits, message) if message.edits > edits => {
            Some("This message has changed meanwhile. Your text does not replace it.")
        }
        _ => None,
    });
    let quote = memo(move || (words.get() == Some("Reply")).then(|| mode.message().map(|it| it.quoted()))?);
    let leave = Callback::new(move |()| form.leave_mode());
    let note = move || {
        match quote.get().zip(mode.me()).zip(form.conversation_id()) {
        Some(((quote, me), conversation)) => {
            let name = || members.with_value(|members| author_name(quote.author, me, members));
            let author = (quote.author != me).then(name);
            let path = paths::conversation(conversation);
            Case::A(view! { <ReplyNote quote author path end=leave/> }.into_any())
        }
        None => Case::B(view! {
            <div class="composer__edit">
                <p class="composer__message">
                    <strong>{move || words.get()}</strong> " " <span class="composer__changed">{move || changed.get()}</span>
                </p>
                <button class="button button--quiet" type="button" on:click=move |_| leave.run(())>"Cancel"</button>
            </div>
        }.into_any()),
    }
    };
    view! {
        <span class="visually-hidden" translate="no" role="status">{move || words.get()} " " {move || changed.get()}</span>
        <Show when=move || words.get().is_some()>
            <div class="composer__mode" id="composer-mode" translate="no">{move || note()}</div>
        </Show>
    }
}
