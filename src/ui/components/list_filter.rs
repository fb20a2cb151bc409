//! Field that filters the list of conversations.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::ui::components::show::Show;
use crate::ui::intl::plural;
use crate::ui::state::focus::focus;
use crate::ui::state::list_filter::ListFilter;
use crate::ui::state::location::follow_parameter;
use crate::ui::state::reactive::effect;

/// Id of the field.
pub(super) const FIELD: &str = "filter";

/// Selector of the first row of the list.
const FIRST_ROW: &str = ".panes__list .conversation";

/// Field that filters conversations by name and handle: while the user types, or as a plain form (`?q=`).
#[component]
pub fn FilterField(
    filter: ListFilter,
    /// Text for which the server has searched.
    searched: Memo<Option<String>>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let navigate = use_navigate();
    let read = move || {
        let text = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        if searched.get_untracked().is_some() {
            // The list has only what was found. The filter needs all of it.
            navigate("/messages", NavigateOptions { replace: true, ..Default::default() });
        }
        filter.set(text);
    };
    let (typed, cleared, typed_early) = (read.clone(), read.clone(), read);
    effect(move || {
        // The user may have typed before hydration.
        let text = input.get().map(|input| input.value()).unwrap_or_default();
        if text != searched.get_untracked().unwrap_or_default() {
            typed_early();
        }
    });
    follow_parameter(searched, move |searched| {
        // Another page of the list has another text, unless the user has just typed one.
        if searched.is_some() || filter.query.with_untracked(String::is_empty) {
            filter.set(String::new());
            if let Some(input) = input.get_untracked() {
                input.set_value(searched.unwrap_or_default());
            }
        }
    });
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => {
            if let Some(input) = input.get_untracked().filter(|input| !input.value().is_empty()) {
                event.prevent_default();
                input.set_value("");
                cleared();
            }
        }
        "ArrowDown" if !event.alt_key() => {
            event.prevent_default();
            focus(FIRST_ROW);
        }
        _ => {}
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        focus(FIRST_ROW);
    };
    view! {
        <form class="list-filter" method="get" action="/messages" role="search" aria-label="Conversations" on:submit=on_submit>
            <label class="visually-hidden" for=FIELD>"Find a conversation by name or handle"</label>
            <input
                class="field__input"
                id=FIELD
                name="q"
                type="search"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                dir="auto"
                maxlength="64"
                placeholder="Find a conversation"
                value=searched.get_untracked()
                node_ref=input
                on:input=move |_| typed()
                on:keydown=on_key
            />
            <button class="button list-filter__find" type="submit">"Find"</button>
        </form>
    }
}

/// Number of conversations that have been found, which screen readers announce, and a way on if there is none.
#[component]
pub fn FilterStatus(
    #[prop(into)] is_active: Signal<bool>,
    #[prop(into)] query: Signal<String>,
    #[prop(into)] count: Signal<usize>,
    #[prop(into)] is_searching: Signal<bool>,
) -> impl IntoView {
    // Always on the page: screen readers announce changes of what they know already.
    let words = move || match count.get() {
        _ if !is_active.get() => String::new(),
        0 if is_searching.get() => "Searching…".to_owned(),
        0 => "No conversation found".to_owned(),
        count => format!("{count} {} found", plural(count as i64, "conversation", "conversations")),
    };
    view! {
        <p class="list-filter__status" role="status" translate="no">{move || words()}</p>
        <Show when=move || is_active.get() && count.get() == 0 && !is_searching.get()>
            <div class="notice">
                <p>"None of your conversations is with " <bdi>{move || query.get()}</bdi> "."</p>
                <a
                    class="button button--primary"
                    href=move || format!("/messages/new?q={}", leptos_router::location::Url::escape(query.read().trim()))
                >
                    "Search for people"
                </a>
            </div>
        </Show>
    }
}
