//! Emoji picker.

use leptos::prelude::*;

use crate::domain::emoji::Emoji;
use crate::ui::components::show::{Case, For};
use crate::ui::intl::plural;
use crate::ui::state::emoji::emoji_data::Table;
use crate::ui::state::emoji::picker::Picker;
use crate::ui::state::emoji::table::SKIN_TONES;
use crate::ui::state::reactive::memo;

/// Dialog from which the user picks an emoji. It is open as long as it is drawn; for the browser to return the focus,
/// the caller removes it only when it calls `close`. Needs WASM, and the context of the message pages.
#[component]
pub fn EmojiPicker(
    /// Called with the picked emoji, after the dialog has closed.
    pick: Callback<Emoji>,
    /// Called when the dialog has closed.
    close: Callback<()>,
) -> impl IntoView {
    let picker = Picker::open(pick);
    let Picker { data, dialog, list, query, described, .. } = picker;
    let tones = SKIN_TONES.map(|(tone, name)| {
        view! { <option value=tone selected=move || data.tone() == tone>{format!("✋{tone} {name}")}</option> }
    });
    view! {
        <dialog
            class="emoji-picker"
            aria-label="Emoji"
            translate="no"
            tabindex="-1"
            node_ref=dialog
            on:close=move |_| close.run(())
            on:click=move |event| picker.close_if_outside(&event)
        >
            <div class="emoji-picker__panel">
                <div class="emoji-picker__head">
                    <input
                        class="field__input emoji-picker__search"
                        type="search"
                        aria-label="Search emoji"
                        placeholder="Search"
                        autocomplete="off"
                        spellcheck="false"
                        prop:value=move || query.get()
                        on:input=move |event| query.set(event_target_value(&event))
                        on:keydown=move |event| picker.on_search_key(&event)
                    />
                    <select
                        class="field__input emoji-picker__tone"
                        aria-label="Skin tone"
                        on:change=move |event| data.choose_tone(event_target_value(&event))
                    >
                        {tones}
                    </select>
                    <button class="button button--quiet button--icon" type="button" on:click=move |_| picker.close()>
                        <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                            <path d="M6 6l12 12M18 6L6 18"/>
                        </svg>
                        <span class="visually-hidden">"Close"</span>
                    </button>
                </div>
                <div class="emoji-picker__groups">{move || groups(picker)}</div>
                <div
                    class="emoji-picker__list"
                    node_ref=list
                    on:scroll=move |_| picker.on_scroll()
                    on:click=move |event| picker.on_click(&event)
                    on:keydown=move |event| picker.on_list_key(&event)
                    on:focusin=move |event| picker.describe(&event)
                    on:mouseover=move |event| picker.describe(&event)
                >
                    {move || content(picker)}
                </div>
                <p class="emoji-picker__described" aria-hidden="true">{move || described.get()}</p>
            </div>
        </dialog>
    }
}

/// Buttons that lead to the groups.
fn groups(picker: Picker) -> impl IntoView {
    let button = move |(number, (icon, heading)): (usize, (String, String))| {
        view! {
            <button class="emoji-picker__emoji" type="button" aria-label=heading on:click=move |_| picker.show_group(number)>
                {icon}
            </button>
        }
    };
    picker.group_headings().into_iter().enumerate().map(button).collect_view()
}

/// Content of the list: the groups or the emoji that the search finds, once the table is loaded.
fn content(picker: Picker) -> impl IntoView {
    let is_searching = memo(move || !picker.query.read().trim().is_empty());
    match picker.data.table() {
        Table::NotLoaded | Table::Loading => {
            Case::A(view! { <p class="emoji-picker__note" role="status">"Loading…"</p> }.into_any())
        }
        Table::Failed => Case::B(
            view! {
                <div class="emoji-picker__note">
                    <p class="error-note" role="alert">"Emoji couldn't be loaded."</p>
                    <button class="button" type="button" on:click=move |_| picker.data.load()>"Try again"</button>
                </div>
            }
            .into_any(),
        ),
        Table::Loaded(_) if is_searching.get() => Case::C(found(picker).into_any()),
        Table::Loaded(_) => {
            let count = picker.group_headings().len();
            let recent = Some(untrack(|| picker.recent_rows())).filter(|rows| !rows.is_empty());
            Case::D(
                view! {
                    {recent.map(|rows| section("Recently used".to_owned(), None, move || rows.clone()))}
                    <For each=move || 0..picker.drawn.get().min(count) key=|number| *number let:number>
                        {move || {
                            let heading = picker.group_headings().into_iter().nth(number).map(|(_, heading)| heading);
                            section(heading.unwrap_or_default(), Some(number), move || picker.group_rows(number))
                        }}
                    </For>
                }
                .into_any(),
            )
        }
    }
}

/// The emoji that the search finds.
fn found(picker: Picker) -> impl IntoView {
    let found = memo(move || picker.found_rows());
    let count = move || match found.read().0 {
        0 => "No emoji found.".to_owned(),
        count => format!("{count} {} found", plural(count as i64, "emoji", "emoji")),
    };
    view! {
        <p class="emoji-picker__note" role="status">{count}</p>
        {section("Found".to_owned(), None, move || found.read().1.clone())}
    }
}

/// Section of the list: a heading and a grid of emoji.
fn section(heading: String, group: Option<usize>, rows: impl Fn() -> String + Send + Sync + 'static) -> impl IntoView {
    view! {
        <section data-group=group>
            <h2 class="emoji-picker__heading" aria-hidden="true">{heading.clone()}</h2>
            <div role="grid" aria-label=heading inner_html=rows></div>
        </section>
    }
}
