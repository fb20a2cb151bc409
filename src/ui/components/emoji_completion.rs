//! Emoji in the composer: the list of suggestions for a shortcode, and the button that opens the picker.

use leptos::prelude::*;

use crate::domain::emoji::Emoji;
use crate::domain::error::AppError;
use crate::ui::components::on_demand::{Layer, OnDemand, prepare_layers};
use crate::ui::components::show::Show;
use crate::ui::state::composer_field::ComposerField;
use crate::ui::state::emoji::completion::{EmojiCompletion, LIST_ID, Suggestion, option_id};
use crate::ui::state::emoji::insertion::insert;

/// List of the emoji that match the shortcode before the caret. It stands above the composer.
#[component]
pub fn EmojiSuggestions(completion: EmojiCompletion) -> impl IntoView {
    let option = move |(number, Suggestion { emoji, shortcode }): (usize, Suggestion)| {
        let is_active = move || completion.active.get() == number;
        view! {
            <li
                class="emoji-suggestions__option"
                id=option_id(number)
                role="option"
                aria-selected=move || is_active().to_string()
                // The focus stays in the field.
                on:mousedown=move |event| event.prevent_default()
                on:click=move |_| completion.take(number)
            >
                <span class="emoji-suggestions__emoji">{emoji.to_string()}</span> ":" {shortcode} ":"
            </li>
        }
    };
    let options = move || completion.suggestions.get().into_iter().enumerate().map(option).collect_view();
    view! {
        <Show when=move || completion.is_open()>
            <ul class="emoji-suggestions" id=LIST_ID role="listbox" aria-label="Emoji" translate="no">{move || options()}</ul>
        </Show>
    }
}

/// Button that opens the picker, which inserts at the caret of the field.
#[component]
pub fn EmojiButton(
    field: ComposerField,
    /// Takes the error if the picker cannot be loaded.
    error: RwSignal<Option<AppError>>,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let pick = Callback::new(move |emoji: Emoji| insert(field, emoji.as_str()));
    let close = Callback::new(move |()| is_open.set(false));
    let has_failed = StoredValue::new(false);
    let fail = Callback::new(move |()| {
        is_open.set(false);
        has_failed.set_value(true);
        error.set(Some(AppError::Unavailable));
    });
    let picker = move || {
        let layer = Layer::EmojiPicker { pick, close };
        view! { <OnDemand layer fail/> }
    };
    let open = move |_| {
        // An error of the form itself stays.
        if has_failed.try_update_value(std::mem::take) == Some(true) {
            error.set(None);
        }
        is_open.set(true);
    };
    view! {
        <button
            class="button button--quiet button--icon composer__emoji"
            type="button"
            aria-haspopup="dialog"
            aria-expanded=move || is_open.get().to_string()
            on:click=open
            on:pointerenter=move |_| prepare_layers()
            on:focus=move |_| prepare_layers()
        >
            <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <circle cx="12" cy="12" r="9"/>
                <path d="M8.5 14a4 4 0 0 0 7 0M9 9.5v.5M15 9.5v.5"/>
            </svg>
            <span class="visually-hidden">"Emoji"</span>
        </button>
        <Show when=move || is_open.get()>{picker()}</Show>
    }
}
